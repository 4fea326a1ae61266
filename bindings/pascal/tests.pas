{ Tests of the promises beyond omnize.h. Run by "omnize sandbox", which sets token and base_url. service_tests.pas
  tests conversations with the service. }
program tests;

{$IFDEF FPC}{$MODE DELPHI}{$ENDIF}
{$IFDEF MSWINDOWS}{$APPTYPE CONSOLE}{$ENDIF}
{$ASSERTIONS ON}
{$I omnize_platform.inc}

uses
  SysUtils, omnize, omnize_abi, expect;

var
  Config: TOmnizeConfig;
  Client: TOmnizeClient;
  Chat: TOmnizeConversation;
  Event: TOmnizeEvent;
  Snapshot: TOmnizeSnapshot;

procedure SetUnknownOption; begin Config['tokn'] := 'x'; end;
procedure SetBadValue; begin Config['timeout'] := 'soon'; end;
procedure SetCutValue; begin Config['token'] := 'a'#0'b'; end;
procedure LoadMissingFile; begin Config.LoadFile('/no/such/file'); end;
procedure OpenClient; begin Client := TOmnizeClient.Create(Config); end;
procedure StartChat; begin Chat := Client.Start('1', '12', 'Joao', '', '', ''); end;
procedure AttachNowhere; begin Client.Attach('', '12'); end;
procedure SendOi; begin Chat.Send('Oi'); end;
procedure ReadClientId; begin Chat.ClientId; end;
procedure ReadText; begin Event.Text; end;
procedure RequestNext; begin Client.Next(0); end;
procedure ReadUnknownStatistic; begin Client.Statistic('no-such'); end;
procedure DeliverArray; begin Client.Deliver('[]', ''); end;
procedure DeliverNobody; begin Client.Deliver('{}', ''); end;
procedure DeliverPlain; begin Client.DeliverCompressed('{}', '', 'identity'); end;
procedure DeliverNoGzip; begin Client.DeliverCompressed('{}', '', 'gzip'); end;
procedure DeliverBrotli; begin Client.DeliverCompressed('{}', '', 'br'); end;

procedure WithClient(Call: TCall);
begin
  Config := TOmnizeConfig.Create;
  Config['token'] := 't';
  OpenClient;
  try
    Call;
  finally
    Client.Free;
    Config.Free;
  end;
end;

procedure AFailedCallRaisesItsStatus;
var
  Error: EOmnizeError;
begin
  Config := TOmnizeConfig.Create;
  try
    Error := FailureOf(SetUnknownOption);
    Assert(Error.Status = OMNIZE_E_OPTION);
    Assert(Pos('tokn', Error.Message) > 0);
    Assert((Error.Delivery = OMNIZE_DELIVERY_NONE) and (Error.HttpStatus = 0) and (Error.Body = ''));
    Error.Free;
    Assert(StatusOf(SetBadValue) = OMNIZE_E_VALUE);
    Assert(StatusOf(SetCutValue) = OMNIZE_E_ARGUMENT);
    Assert(StatusOf(LoadMissingFile) = OMNIZE_E_FILE);
    Assert(StatusOf(OpenClient) = OMNIZE_E_TOKEN);
    Config['token'] := 'a-secret';
    Config['timeout.connect'] := '1500';
    Assert((Config['timeout_connect'] = '1500') and (Config['token'] = '[redacted]'));
  finally
    Config.Free;
  end;
end;

procedure ErrorsReportTheDelivery;
var
  Error: EOmnizeError;
begin
  Config := TOmnizeConfig.Create;
  Config.LoadEnvironment;
  Config['token'] := 'not-this-one';
  OpenClient;
  try
    Error := FailureOf(StartChat);
    Assert((Error.Status = OMNIZE_E_AUTH) and (Error.Delivery = OMNIZE_DELIVERY_REJECTED));
    Assert((Error.HttpStatus >= 400) and (Error.HttpStatus < 500) and (Error.Body <> '') and not Error.Retryable and
      (Error.RetryAfter = -1));
    Error.Free;
  finally
    Client.Free;
    Config.Free;
  end;
end;

procedure ReadWakeDescriptor; begin Client.WakeDescriptor; end;
procedure ReadWakeHandle; begin Client.WakeHandle; end;
procedure EndWakeMessages; begin Client.WakeMessage(nil, 0); end;

procedure CheckWaysToWakeALoop;
begin
  {$IFDEF MSWINDOWS}
  Assert(StatusOf(ReadWakeDescriptor) = OMNIZE_E_UNSUPPORTED);
  Assert(Client.WakeHandle <> nil);
  EndWakeMessages;
  {$ELSE}
  Assert(Client.WakeDescriptor >= 0);
  Assert(StatusOf(ReadWakeHandle) = OMNIZE_E_UNSUPPORTED);
  Assert(StatusOf(EndWakeMessages) = OMNIZE_E_UNSUPPORTED);
  {$ENDIF}
end;

procedure EachSystemHasItsOwnWayToWakeALoop; begin WithClient(CheckWaysToWakeALoop); end;

procedure RefusedConnectionsAreReportedAsNotSent;
var
  Error: EOmnizeError;
begin
  Config := TOmnizeConfig.Create;
  Config['token'] := 't';
  Config['base_url'] := 'http://127.0.0.1:1/';
  OpenClient;
  Chat := Client.Attach('1', '12');
  try
    Error := FailureOf(SendOi);
    Assert((Error.Status = OMNIZE_E_REFUSED) and (Error.Delivery = OMNIZE_DELIVERY_NOT_SENT) and Error.Retryable);
    Error.Free;
  finally
    Chat.Free;
    Client.Free;
    Config.Free;
  end;
end;

procedure Texts;
begin
  Client.Deliver('{"message": "Ol\u00e1\u0000!", "clientId": "12"}', 'application/json');
  Client.Deliver(TOmnizeBytes('{"message": "Ol'#$E1'", "clientId": "13"}'), 'application/json; charset=iso-8859-1');
  Event := Client.Next(0);
  Assert((Event.Kind = OMNIZE_EVENT_MESSAGE) and (Event.KindName = 'message') and (Event.ClientId = '12'));
  Assert(Length(Event.Text) = 6);
  Assert((Event.Text[3] = #$C3) and (Event.Text[4] = #$A1) and (Event.Text[5] = #0));
  Event.Free;
  Event := Client.Next(0);
  Assert((Length(Event.Text) = 4) and (Event.Text[4] = #$A1) and not Event.Replaced);
  Assert(Pos(AnsiString('Ol'#$E1), Event.Raw) > 0);
  Event.Free;
end;

procedure TextsAreComplete; begin WithClient(Texts); end;

var Destroyed: Integer;

procedure CountDestroyed(UserData: Pointer); {$IFDEF OMNIZE_STDCALL}stdcall{$ELSE}cdecl{$ENDIF};
begin if UserData = @Destroyed then Inc(Destroyed); end;

procedure OwnEvents;
begin
  Chat := Client.Attach('1', '12');
  try
    Assert((Chat.Next(0) = nil) and (Chat.UserData = nil));
    Client.Deliver('{"status": "typing", "clientId": "13"}', '');
    Client.Deliver('{"status": "finish", "clientId": "12"}', '');
    Event := Chat.Next(-1);
    Assert((Event.Sequence = 2) and (Event.Kind = OMNIZE_EVENT_FINISH));
    Event.Free;
    Assert((Chat.Next(-1) = nil) and (Chat.State = OMNIZE_STATE_FINISHED));
    Event := Client.Next(0);
    Assert(Event.Sequence = 1);
    Event.Free;
    Chat.SetUserData(@Destroyed, CountDestroyed);
    Assert(Chat.UserData = @Destroyed);
    Chat.SetUserData(@Destroyed, CountDestroyed);
    Assert(Destroyed = 1);
  finally
    Chat.Free;
  end;
  Assert(Destroyed = 2);
end;

procedure ConversationsHaveTheirOwnEventsAndData; begin WithClient(OwnEvents); end;

procedure Events;
begin
  Assert(Client.Next(1) = nil);
  Client.Deliver(OI, '');
  Event := Client.Next(-1);
  Assert((Event.Sequence = 1) and not Event.Redelivered);
  Event.Ack;
  Event.Nack;
  { Checks that a time is within two days of this machine's clock, in any time zone. }
  Assert(Abs(Event.ReceivedAt - Now) < 2);
  Assert((Client.Statistic('received') = 1) and (Client.WebhookUrl = ''));
  Assert(StatusOf(ReadUnknownStatistic) = OMNIZE_E_ARGUMENT);
  Assert(StatusOf(DeliverArray) = OMNIZE_E_NOT_JSON);
  Assert(StatusOf(DeliverNobody) = OMNIZE_E_NO_CLIENT_ID);
  Assert(StatusOf(DeliverPlain) = OMNIZE_E_NO_CLIENT_ID);
  Assert(StatusOf(DeliverNoGzip) = OMNIZE_E_NOT_JSON);
  Assert(StatusOf(DeliverBrotli) = OMNIZE_E_UNSUPPORTED);
  Assert(StatusOf(AttachNowhere) = OMNIZE_E_DEPARTMENT);
end;

procedure EventsStayValid;
begin
  WithClient(Events);
  Assert(Event.Text = 'Oi');
  Event.Free;
end;

procedure Close;
var
  EventsLeft, RequestsLeft: Int64;
begin
  Chat := Client.Attach('1', '12');
  Client.Deliver(OI, '');
  Client.Close(1000, EventsLeft, RequestsLeft);
  Assert((EventsLeft = 1) and (RequestsLeft = 0));
  Assert(StatusOf(RequestNext) = OMNIZE_E_CLOSED);
end;

procedure AConversationOutlivesItsClient;
begin
  WithClient(Close);
  Assert((Chat.ClientId = '12') and (Chat.Department = '1'));
  Assert(StatusOf(SendOi) = OMNIZE_E_CLOSED);
  Chat.Free;
end;

procedure Stale;
begin
  Chat := Client.Attach('1', '12');
  omnize_conversation_free(Chat.Handle);
  Assert(StatusOf(SendOi) = OMNIZE_E_HANDLE);
  Assert(StatusOf(ReadClientId) = OMNIZE_E_HANDLE);
  Chat.Free;
  Client.Deliver(OI, '');
  Event := Client.Next(0);
  omnize_event_free(Event.Handle);
  Assert(StatusOf(ReadText) = OMNIZE_E_HANDLE);
  Assert((Event.Kind = 0) and (Event.KindName = ''));
  Event.Free;
  omnize_client_free(Client.Handle);
  Assert(StatusOf(RequestNext) = OMNIZE_E_HANDLE);
end;

procedure AStaleHandleRaises; begin WithClient(Stale); end;

procedure Tables;
var
  Statuses: TOmnizeStatuses;
  Options: TOmnizeOptions;
  Statistics: TOmnizeStatistics;
  I: Integer;
begin
  Assert((OmnizeVersion <> '') and (OmnizeAbiVersion >= 0));
  Assert(OmnizeCallingConvention = OMNIZE_CONVENTION);
  Assert(OmnizeHasFeature('listener') and OmnizeHasFeature('store') and not OmnizeHasFeature('teleport'));
  Statuses := OmnizeStatuses;
  Assert((Length(Statuses) > 20) and (Statuses[0] = OMNIZE_OK));
  for I := 0 to High(Statuses) do
    Assert((OmnizeStatusName(Statuses[I]) <> '') and (OmnizeStatusDescription(Statuses[I]) <> ''));
  Assert(OmnizeStatusName(OMNIZE_E_FULL) = 'OMNIZE_E_FULL');
  Assert((OmnizeStatusName(-1) = '') and (OmnizeStatusDescription(-1) = ''));
  Assert((OmnizeDeliveryName(OMNIZE_DELIVERY_NOT_SENT) = 'not sent') and (OmnizeStateName(OMNIZE_STATE_NEW) = 'new'));
  Assert((OmnizeMediaKindName(OMNIZE_MEDIA_IMAGE) = 'image') and (OmnizeSpeakerName(OMNIZE_SPEAKER_BOT) = 'bot'));
  Assert((OmnizeRequestKindName(OMNIZE_REQUEST_START) = 'start') and (OmnizeEventKindName(OMNIZE_EVENT_ANY) = ''));
  Options := OmnizeOptions;
  Assert(Length(Options) > 20);
  for I := 0 to High(Options) do
  begin
    if Options[I].Name <> 'token' then Assert(Config[Options[I].Name] = Options[I].Default);
    Assert((Options[I].Kind <> '') and (Options[I].Description <> ''));
  end;
  Statistics := OmnizeStatistics;
  Assert(Length(Statistics) > 10);
  for I := 0 to High(Statistics) do
  begin
    Assert((Client.Statistic(Statistics[I].Name) = 0) and (Statistics[I].Description <> ''));
    Assert((Statistics[I].Kind = 'counter') or (Statistics[I].Kind = 'gauge'));
  end;
end;

procedure TablesOfTheLibraryAreListed; begin WithClient(Tables); end;

procedure ReadUnknownValue; begin Snapshot.Value('no-such'); end;

procedure Snapshots;
var
  Latency: TOmnizeLatency;
  I: Integer;
begin
  Client.Deliver(OI, '');
  Snapshot := TOmnizeSnapshot.Create(Client);
  try
    Client.Deliver(OI, '');
    Assert((Snapshot.Value('received') = 1) and (Client.Statistic('received') = 2));
    Assert(StatusOf(ReadUnknownValue) = OMNIZE_E_ARGUMENT);
    Latency := Snapshot.Latency;
    Assert((Length(Latency) = 13) and (Latency[0].LimitMs = 5) and (Latency[12].LimitMs = -1));
    for I := 0 to High(Latency) do Assert(Latency[I].Attempts = 0);
    Assert(Snapshot.TotalSeconds = 0);
    Assert(Pos('"received":1,', Snapshot.Json) > 0);
    Assert(Pos('omnize_triggers_total{result="accepted"} 1'#10, Snapshot.Prometheus) > 0);
  finally
    Snapshot.Free;
  end;
end;

procedure ASnapshotHasAllStatistics; begin WithClient(Snapshots); end;

begin
  Test('a failed call raises its status', AFailedCallRaisesItsStatus);
  Test('an error tells what became of the request', ErrorsReportTheDelivery);
  Test('each system has its own way to wake a loop', EachSystemHasItsOwnWayToWakeALoop);
  Test('a request that nobody takes is not sent', RefusedConnectionsAreReportedAsNotSent);
  Test('texts come whole', TextsAreComplete);
  Test('events stay', EventsStayValid);
  Test('conversations have their own events and data', ConversationsHaveTheirOwnEventsAndData);
  Test('a conversation outlives its client', AConversationOutlivesItsClient);
  Test('a stale handle raises', AStaleHandleRaises);
  Test('the library tells what it knows', TablesOfTheLibraryAreListed);
  Test('a snapshot has all statistics', ASnapshotHasAllStatistics);
  Judge;
end.
