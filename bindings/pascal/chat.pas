{ A whole conversation, as in examples/c/chat.c: two interactions, all five requests, all six triggers. The options
  come from the environment: OMNIZE_TOKEN, and OMNIZE_BASE_URL for another service, for example "omnize sandbox".
  Department 1 has an agent, department 2 has no available agent. }
program chat;

{$IFDEF FPC}{$MODE DELPHI}{$ENDIF}
{$IFDEF MSWINDOWS}{$APPTYPE CONSOLE}{$ENDIF}

uses
  SysUtils, omnize;

var
  Client: TOmnizeClient;

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
end;

{ The operator sets the webhook URL in the portal: Menu > Settings > Integrations > ClientSDK. }
procedure WaitForOperator;
begin
  WriteLn('Set this webhook URL in the portal, then press Enter.');
  WriteLn('webhook: ', Client.WebhookUrl);
  Flush(Output);
  ReadLn;
end;

function Start(const Department, ClientId: UTF8String): TOmnizeConversation;
begin
  Result := Client.Start(Department, ClientId, 'Joao', 'joao@example.com', '11988776655', '123.456.789-09');
end;

{ Waits for the next event of a kind. A real application does other things in the meantime. }
procedure WaitFor(Kind: Integer);
var
  Event: TOmnizeEvent;
  Came: Boolean;
begin
  repeat
    Event := Client.Next(20000);
    if Event = nil then raise Exception.CreateFmt('no event of kind %d came', [Kind]);
    try
      WriteLn(Event.ClientId, ': agent ', Event.KindName, ' ', Event.Text);
      Flush(Output);
      Came := Event.Kind = Kind;
    finally
      Event.Free;
    end;
  until Came;
end;

procedure Say(Chat: TOmnizeConversation; const Text: UTF8String);
begin
  Chat.Typing;
  Chat.Cleared;
  Chat.Send(Text);
end;

procedure Converse;
var
  Chat: TOmnizeConversation;
begin
  Chat := Start('1', '12');
  try
    WaitFor(OMNIZE_EVENT_ACCEPTED);
    WaitFor(OMNIZE_EVENT_MESSAGE);
    Say(Chat, 'Bom dia! Minha fatura veio errada.');
    WaitFor(OMNIZE_EVENT_MESSAGE);
    Say(Chat, 'Obrigado, tchau!');
    WaitFor(OMNIZE_EVENT_FINISH);
  finally
    Chat.Free;
  end;
end;

procedure FindNobody;
var
  Chat: TOmnizeConversation;
begin
  Chat := Start('2', '13');
  try
    WaitFor(OMNIZE_EVENT_UNAVAILABLE);
    Chat.Finish;
  finally
    Chat.Free;
  end;
end;

procedure Run;
var
  EventsLeft, RequestsLeft: Int64;
begin
  OpenClient;
  try
    WaitForOperator;
    Converse;
    FindNobody;
    Client.Close(5000, EventsLeft, RequestsLeft);
  finally
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
