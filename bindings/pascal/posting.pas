{ A conversation that never blocks on the service, as in examples/c/posting.c: it posts its requests, and receives
  their outcomes as events. The options come from the environment, as in chat.pas. The agent of department 1 must
  repeat the customer's messages. }
program posting;

{$IFDEF FPC}{$MODE DELPHI}{$ENDIF}
{$IFDEF MSWINDOWS}{$APPTYPE CONSOLE}{$ENDIF}

uses
  SysUtils, omnize;

type
  TPost = (poStart, poMessage, poFinish, poStray);

const
  NAMES: array[TPost] of string = ('start', 'message', 'finish', 'stray message');

var
  Client: TOmnizeClient;
  Chat: TOmnizeConversation;
  Tickets: array[TPost] of Int64;
  Over: Boolean;

procedure OpenClient;
var
  Config: TOmnizeConfig;
begin
  Config := TOmnizeConfig.Create;
  try
    Config['listen'] := '127.0.0.1:0';
    Config.LoadEnvironment;
    Client := TOmnizeClient.Create(Config);
  finally
    Config.Free;
  end;
  WriteLn('Set this webhook URL in the portal, then press Enter.');
  WriteLn('webhook: ', Client.WebhookUrl);
  Flush(Output);
  ReadLn;
end;

{ Reports each keystroke. The service receives one typing, and one cleared before the message. }
procedure Say(const Text: UTF8String);
var
  Key: Integer;
begin
  for Key := 1 to Length(Text) do Chat.Keystroke;
  Tickets[poMessage] := Chat.Post(Text);
end;

{ The service rejects a request without an interaction. The outcome is an event, too. }
procedure SayToNobody;
var
  Nobody: TOmnizeConversation;
begin
  Nobody := Client.Attach('1', 'nobody');
  try
    Tickets[poStray] := Nobody.Post('Oi?');
  finally
    Nobody.Free; { what was posted goes out all the same }
  end;
end;

procedure TellOutcome(Event: TOmnizeEvent);
var
  Post: TPost;
begin
  Post := poStart;
  while (Post < poStray) and (Tickets[Post] <> Event.OutcomeTicket) do Inc(Post);
  Write('outcome: ', NAMES[Post], ' ');
  case Event.OutcomeDelivery of
    OMNIZE_DELIVERY_ACCEPTED: WriteLn('accepted');
    OMNIZE_DELIVERY_REJECTED: WriteLn('rejected, HTTP ', Event.OutcomeHttpStatus);
    OMNIZE_DELIVERY_NOT_SENT: WriteLn('not sent: ', Event.Text);
  else
    WriteLn('unknown, may have arrived: ', Event.Text);
  end;
  if Post = poFinish then SayToNobody;
  Over := Post = poStray;
end;

procedure Hear(Event: TOmnizeEvent);
begin
  if Event.Kind = OMNIZE_EVENT_OUTCOME then
  begin
    TellOutcome(Event);
    Exit;
  end;
  WriteLn('agent: ', Event.KindName, ' ', Event.Text);
  if Event.Kind = OMNIZE_EVENT_ACCEPTED then Say('Bom dia!');
  if Event.Kind = OMNIZE_EVENT_MESSAGE then Tickets[poFinish] := Chat.PostFinish;
end;

procedure Converse;
var
  Event: TOmnizeEvent;
begin
  Tickets[poStart] := Chat.PostStart('Joao', '', '', '');
  repeat
    Event := Client.Next(20000);
    if Event = nil then raise Exception.Create('nothing came');
    try
      Hear(Event);
    finally
      Event.Free;
    end;
    Flush(Output);
  until Over;
end;

procedure Run;
var
  EventsLeft, RequestsLeft: Int64;
begin
  OpenClient;
  try
    Chat := Client.Prepare('1', '12');
    Converse;
    Client.Close(5000, EventsLeft, RequestsLeft);
  finally
    Chat.Free;
    Client.Free;
  end;
end;

begin
{$IFDEF FPC}
  SetTextCodePage(Output, CP_UTF8);
{$ENDIF}
  try
    Run;
  except
    on Error: Exception do
    begin
      WriteLn(ErrOutput, Error.Message);
      Halt(1);
    end;
  end;
end.
