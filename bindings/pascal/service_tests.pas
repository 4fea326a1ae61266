{ Tests of conversations with the service: posting, a shared listener, and interactions of an earlier process. Run by
  "omnize sandbox", whose department 1 has an agent who responds. }
program service_tests;

{$IFDEF FPC}{$MODE DELPHI}{$ENDIF}
{$IFDEF MSWINDOWS}{$APPTYPE CONSOLE}{$ENDIF}
{$ASSERTIONS ON}

uses
  SysUtils, omnize, expect;

var
  Client, Other: TOmnizeClient;
  Chat: TOmnizeConversation;
  Listener: TOmnizeListener;
  Event: TOmnizeEvent;
  Request: TOmnizeRequest;

{ Creates a client of the sandbox with one more option. }
function OpenSandboxClient(const Option, Value: UTF8String): TOmnizeClient;
var
  Config: TOmnizeConfig;
begin
  Config := TOmnizeConfig.Create;
  try
    Config.LoadEnvironment;
    Config[Option] := Value;
    if Option = 'store' then Config['ack'] := 'manual';
    Result := TOmnizeClient.Create(Config);
  finally
    Config.Free;
  end;
end;

{ Creates a client whose service is unreachable. }
function OpenUnreachableClient: TOmnizeClient;
begin
  Result := OpenSandboxClient('base_url', 'http://127.0.0.1:1/');
end;

procedure PostOi; begin Chat.Post('Oi'); end;
procedure PostFinish; begin Chat.PostFinish; end;
procedure PostCutStart; begin Chat.PostStart('Jo'#0'ao', '', '', ''); end;
procedure PressKey; begin Chat.Keystroke; end;
procedure SendOi; begin Chat.Send('Oi'); end;
procedure SetNegativeTimeout; begin Chat.SetTimeout(-1); end;
procedure ReadUrl; begin Listener.Url(Client); end;
procedure AttachNoPath; begin Listener.Attach(Client, 'no-path'); end;
procedure AttachTwice; begin Listener.Attach(Other, ''); end;
procedure ReadUnknownStatistic; begin Listener.Statistic('no-such'); end;
procedure FlushOutbox; begin Client.Flush(20000); end;
procedure CancelNothing; begin Client.Cancel(-1); end;
procedure CloseListener; begin Listener.Close(0); end;

procedure PostedRequestsReportTheirOutcome;
var
  Tickets: array[0..2] of Int64;
  I: Integer;
begin
  Client := OpenSandboxClient('timeout', '20000');
  Chat := Client.Prepare('1', '20');
  try
    Assert((Chat.State = OMNIZE_STATE_NEW) and (Chat.ClientId = '20') and (Chat.Department = '1'));
    Assert(StatusOf(PostOi) = OMNIZE_E_STATE);
    Assert(StatusOf(PressKey) = OMNIZE_E_STATE);
    Assert(StatusOf(PostCutStart) = OMNIZE_E_ARGUMENT);
    Tickets[0] := Chat.PostStart('Joao', '', '', '123.456.789-09');
    Assert((Chat.State = OMNIZE_STATE_STARTING) or (Chat.State = OMNIZE_STATE_WAITING));
    Chat.Keystroke;
    Tickets[1] := Chat.Post('a'#0'b');
    Tickets[2] := Chat.PostFinish;
    Assert((Tickets[0] <> Tickets[1]) and (Tickets[1] <> Tickets[2]) and (Tickets[0] <> Tickets[2]));
    for I := 0 to 2 do
    begin
      Await(Client, OMNIZE_EVENT_OUTCOME, Event);
      Assert((Event.ClientId = '20') and (Event.Text = '') and (Event.Raw = ''));
      Assert((Event.OutcomeTicket = Tickets[I]) and (Event.OutcomeDelivery = OMNIZE_DELIVERY_ACCEPTED));
      Assert((Event.OutcomeStatus = OMNIZE_OK) and (Event.OutcomeHttpStatus = 0));
    end;
    Assert(Chat.State = OMNIZE_STATE_FINISHED);
    Assert(StatusOf(PostFinish) = OMNIZE_E_STATE);
  finally
    Chat.Free;
    Client.Free;
  end;
end;

procedure SetLongReference; begin Request.Reference := StringOfChar('x', 256); end;
procedure SetZeroAge; begin Request.MaxAge := 0; end;
procedure PostRequestAgain; begin Chat.PostRequest(Request); end;
procedure SendWithReference; begin Chat.SendRequest(Request); end;

procedure AReferenceMakesAPostIdempotent;
var
  Ticket: Int64;
begin
  Client := OpenSandboxClient('timeout', '20000');
  Chat := Client.Start('1', '41', 'Joao', '', '', '');
  Request := TOmnizeRequest.CreateFor(Chat, OMNIZE_REQUEST_MESSAGE);
  try
    Assert(StatusOf(SetLongReference) = OMNIZE_E_ARGUMENT);
    Assert(StatusOf(SetZeroAge) = OMNIZE_E_ARGUMENT);
    Request['text'] := 'Oi';
    Request.Reference := 'order 7';
    Request.MaxAge := 60000;
    Ticket := Chat.PostRequest(Request);
    Assert(Chat.PostRequest(Request) = Ticket);
    Assert(StatusOf(SendWithReference) = OMNIZE_E_ARGUMENT);
    Await(Client, OMNIZE_EVENT_OUTCOME, Event);
    Assert((Event.OutcomeTicket = Ticket) and (Event.OutcomeReference = 'order 7'));
    Assert((Event.OutcomeRequestKind = OMNIZE_REQUEST_MESSAGE) and (Event.OutcomePostedAt <= Event.ReceivedAt));
    Request['text'] := 'another text';
    Assert(StatusOf(PostRequestAgain) = OMNIZE_E_ARGUMENT);
  finally
    Request.Free;
    Chat.Free;
    Client.Free;
  end;
end;

procedure AnOldRequestExpires;
begin
  Client := OpenUnreachableClient;
  Chat := Client.Attach('1', '12');
  Request := TOmnizeRequest.CreateFor(Chat, OMNIZE_REQUEST_FINISH);
  try
    Request.MaxAge := 100;
    Chat.PostRequest(Request);
    Await(Client, OMNIZE_EVENT_OUTCOME, Event);
    Assert((Event.OutcomeStatus = OMNIZE_E_EXPIRED) and (Event.OutcomeDelivery = OMNIZE_DELIVERY_NOT_SENT));
    Assert((Event.OutcomeRequestKind = OMNIZE_REQUEST_FINISH) and (Event.OutcomeReference = ''));
  finally
    Request.Free;
    Chat.Free;
    Client.Free;
  end;
end;

procedure RejectedRequestsReportTheirOutcome;
var
  Ticket: Int64;
begin
  Client := OpenSandboxClient('timeout', '20000');
  Chat := Client.Attach('1', 'nobody');
  try
    Assert(Chat.State = OMNIZE_STATE_ACTIVE);
    Ticket := Chat.Post('Oi');
    Await(Client, OMNIZE_EVENT_OUTCOME, Event);
    Assert((Event.OutcomeTicket = Ticket) and (Event.OutcomeDelivery = OMNIZE_DELIVERY_REJECTED));
    Assert((Event.OutcomeStatus = OMNIZE_E_REJECTED) and (Event.OutcomeHttpStatus = 422) and (Event.Text <> ''));
  finally
    Chat.Free;
    Client.Free;
  end;
end;

procedure AConversationHasItsOwnTimeout;
var
  Late: EOmnizeError;
begin
  Client := OpenUnreachableClient;
  Chat := Client.Attach('1', '12');
  try
    Assert(StatusOf(SetNegativeTimeout) = OMNIZE_E_ARGUMENT);
    Chat.Post('waits for the service'); { and so does what is sent after it }
    Chat.SetTimeout(50);
    Late := FailureOf(SendOi);
    Assert((Late.Status = OMNIZE_E_TIMEOUT) and (Late.Delivery = OMNIZE_DELIVERY_NOT_SENT));
    Late.Free;
  finally
    Chat.Free;
    Client.Free;
  end;
end;

procedure CloseReportsUnsentRequests;
var
  EventsLeft, RequestsLeft: Int64;
begin
  Client := OpenUnreachableClient;
  Chat := Client.Attach('1', '12');
  try
    Chat.Post('one');
    Chat.Post('two');
    Client.Close(0, EventsLeft, RequestsLeft);
    Assert(RequestsLeft = 2);
    Assert(StatusOf(PostOi) = OMNIZE_E_CLOSED);
    Assert(StatusOf(PressKey) = OMNIZE_E_CLOSED);
  finally
    Chat.Free;
    Client.Free;
  end;
end;

procedure TheOutboxIsListedCancelledAndFlushed;
var
  List: TOmnizeOutbox;
  Paused: EOmnizeError;
  Start, First: Int64;
begin
  Client := OpenSandboxClient('outbox.paused', '1');
  Chat := Client.Prepare('1', '43');
  try
    Start := Chat.PostStart('Joao', '', '', '');
    First := Chat.Post('um');
    Chat.Post('dois');
    List := Client.Outbox;
    Assert((Length(List) = 3) and (Client.OutboxCount = 3));
    Assert((List[0].Ticket = Start) and (List[0].RequestKind = OMNIZE_REQUEST_START));
    Assert((List[1].Ticket = First) and (List[1].RequestKind = OMNIZE_REQUEST_MESSAGE));
    Assert((List[1].ClientId = '43') and (List[1].AgeMs >= 0) and (List[1].Attempts = 0));
    Assert((not List[1].InProgress) and (List[1].LastStatus = OMNIZE_OK) and (List[1].LastMessage = ''));
    Client.Cancel(First);
    Await(Client, OMNIZE_EVENT_OUTCOME, Event);
    Assert((Event.OutcomeTicket = First) and (Event.OutcomeStatus = OMNIZE_E_CANCELLED));
    Assert(StatusOf(CancelNothing) = OMNIZE_E_ARGUMENT);
    Paused := FailureOf(FlushOutbox);
    Assert((Paused.Status = OMNIZE_E_STATE) and (Paused.RequestsLeft = 2));
    Paused.Free;
    Client.Resume;
    Client.Flush(-1);
    Assert(Client.OutboxCount = 0);
    Client.Pause;
    Chat.Post('tres');
    Assert((Chat.Cancel = 1) and (Chat.Cancel = 0));
  finally
    Chat.Free;
    Client.Free;
  end;
end;

procedure OpenListener;
var
  Config: TOmnizeConfig;
begin
  Config := TOmnizeConfig.Create;
  try
    Config['listen'] := '127.0.0.1:0';
    Listener := TOmnizeListener.Create(Config);
  finally
    Config.Free;
  end;
end;

procedure ListenNowhere;
var
  Config: TOmnizeConfig;
begin
  Config := TOmnizeConfig.Create;
  try
    TOmnizeListener.Create(Config);
  finally
    Config.Free;
  end;
end;

procedure Converse;
var
  I: Integer;
begin
  LetOperatorSet('webhook', Listener.Url(Client));
  Chat := Client.Start('1', '21', 'Joao', '', '', '');
  try
    Await(Client, OMNIZE_EVENT_ACCEPTED, Event);
    Assert((Event.ClientId = '21') and (Chat.State = OMNIZE_STATE_ACTIVE) and (Other.Next(0) = nil));
    Await(Client, OMNIZE_EVENT_MESSAGE, Event);
    Assert(Pos('Joao', Event.Text) > 0);
    Assert(Listener.Statistic('wrong_path') = 0);
    Listener.Detach(Client);
    Assert(StatusOf(ReadUrl) = OMNIZE_E_ARGUMENT);
    Chat.Send('Bom dia!'); { the agent responds at a path without a client }
    for I := 1 to 200 do if Listener.Statistic('wrong_path') = 0 then Sleep(50);
    Assert(Listener.Statistic('wrong_path') > 0);
    Chat.Finish;
  finally
    Chat.Free;
  end;
end;

procedure AListenerServesSeveralClients;
begin
  Assert(StatusOf(ListenNowhere) = OMNIZE_E_VALUE);
  OpenListener;
  Client := OpenSandboxClient('timeout', '20000');
  Other := OpenUnreachableClient;
  try
    Assert(StatusOf(ReadUrl) = OMNIZE_E_ARGUMENT);
    Assert(StatusOf(AttachNoPath) = OMNIZE_E_ARGUMENT);
    Listener.Attach(Client, '/omnize/one');
    Listener.Attach(Other, '');
    Assert(StatusOf(AttachTwice) = OMNIZE_E_ARGUMENT);
    Assert(Pos('/omnize/one', Listener.Url(Client)) > 0);
    Assert((Length(Listener.Url(Other)) > Length(Listener.Url(Client))) and (Client.WebhookUrl = ''));
    Assert(StatusOf(ReadUnknownStatistic) = OMNIZE_E_ARGUMENT);
    Converse;
    Listener.Close(1000);
    Assert(StatusOf(CloseListener) = OMNIZE_E_CLOSED);
  finally
    Other.Free;
    Client.Free;
    Listener.Free;
  end;
end;

{ The first process: one interaction, and one event that is not acknowledged. }
procedure FirstProcess(const Store: UTF8String);
begin
  Client := OpenSandboxClient('store', Store);
  try
    Assert(Length(Client.Interactions) = 0);
    Client.Start('1', '12', '', '', '', '').Free;
    Client.Deliver(OI, '');
    Await(Client, OMNIZE_EVENT_MESSAGE, Event);
    Assert(not Event.Redelivered);
    FreeAndNil(Event);
  finally
    Client.Free;
  end;
end;

procedure SecondProcess(const Store: UTF8String);
var
  Open: TOmnizeInteractions;
begin
  Client := OpenSandboxClient('store', Store);
  try
    Await(Client, OMNIZE_EVENT_MESSAGE, Event);
    Assert(Event.Redelivered and (Event.Text = 'Oi') and (Event.ClientId = '12'));
    Event.Ack;
    Open := Client.Interactions;
    Assert((Length(Open) = 1) and (Open[0].ClientId = '12') and (Open[0].Department = '1'));
    { Checks that a time is within two days of this machine's clock, in any time zone. }
    Assert((Open[0].State = OMNIZE_STATE_ACTIVE) and (Abs(Open[0].Since - Now) < 2));
    Chat := Client.Attach(Open[0].Department, Open[0].ClientId);
    try
      Assert(Chat.State = OMNIZE_STATE_ACTIVE);
      Chat.Send('Ainda estou aqui!');
      Chat.Finish;
    finally
      Chat.Free;
    end;
    Assert(Length(Client.Interactions) = 0);
  finally
    FreeAndNil(Event);
    Client.Free;
  end;
end;

procedure ThirdProcess(const Store: UTF8String);
begin
  Client := OpenSandboxClient('store', Store);
  try
    Assert((Client.Next(0) = nil) and (Length(Client.Interactions) = 0));
  finally
    Client.Free;
  end;
end;

procedure UnacknowledgedEventsAreRedelivered;
var
  Store: string;
begin
  Store := ChangeFileExt(ParamStr(0), '.db');
  DeleteFile(Store);
  FirstProcess(UTF8String(Store));
  SecondProcess(UTF8String(Store));
  ThirdProcess(UTF8String(Store));
end;

begin
  Test('what is posted tells its outcome', PostedRequestsReportTheirOutcome);
  Test('a reference makes a post idempotent', AReferenceMakesAPostIdempotent);
  Test('an old request expires', AnOldRequestExpires);
  Test('what the service refuses is an outcome', RejectedRequestsReportTheirOutcome);
  Test('a conversation has a timeout of its own', AConversationHasItsOwnTimeout);
  Test('close tells what was posted and not sent', CloseReportsUnsentRequests);
  Test('the outbox is listed, cancelled and flushed', TheOutboxIsListedCancelledAndFlushed);
  Test('a listener serves several clients', AListenerServesSeveralClients);
  Test('what an earlier run has left comes again', UnacknowledgedEventsAreRedelivered);
  Event.Free;
  Judge;
end.
