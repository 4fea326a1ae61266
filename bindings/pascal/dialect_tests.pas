{ Tests of the later dialects. Run by "omnize sandbox", which supports all dialects at once. Its department 1 has an
  agent who responds. }
program dialect_tests;

{$IFDEF FPC}{$MODE DELPHI}{$ENDIF}
{$IFDEF MSWINDOWS}{$APPTYPE CONSOLE}{$ENDIF}
{$ASSERTIONS ON}

uses
  SysUtils, omnize, expect;

var
  Client, Other: TOmnizeClient;
  Chat: TOmnizeConversation;
  Bot: TOmnizeBot;
  Request: TOmnizeRequest;
  History: TOmnizeHistory;
  Event: TOmnizeEvent;

{ Creates a client of a dialect of the sandbox, which listens at Listen. }
function OpenDialectClient(const Dialect, Listen: UTF8String): TOmnizeClient;
var
  Config: TOmnizeConfig;
  Base: UTF8String;
begin
  Config := TOmnizeConfig.Create;
  try
    Config.LoadEnvironment;
    Config['dialect'] := Dialect;
    Base := UTF8String(GetEnvironmentVariable('OMNIZE_SANDBOX_URL'));
    if Dialect = 'gateway' then Base := Base + '/client-gateway/api/rest/v1';
    if Dialect <> 'rest' then Config['base_url'] := Base;
    if Listen <> '' then Config['listen'] := Listen;
    Result := TOmnizeClient.Create(Config);
  finally
    Config.Free;
  end;
end;

procedure SetMood; begin Request['mood'] := 'POSITIVE'; end;
procedure SendRequest; begin Chat.SendRequest(Request); end;
procedure PostRequest; begin Chat.PostRequest(Request); end;
procedure SendOi; begin Chat.Send('Oi'); end;
procedure RequestDepartments; begin Client.Departments(''); end;
procedure RequestAgents; begin Client.AgentsOnline('1'); end;
procedure AttachBot; begin Bot := Client.BotAttach('a-hash'); end;
procedure OffHours; begin Client.OffHours('2', Request); end;
procedure PostContact; begin Client.PostOffHours('2', Request); end;
procedure PostQuery; begin Client.PostDepartments(''); end;
procedure ReadDepartments; begin Event.Departments; end;
procedure ReadAgents; begin Event.Agents; end;
procedure AddUnknownSpeaker; begin History.Add(9, '', 0, 'Oi', OMNIZE_MEDIA_NONE, ''); end;
procedure CheckOther; begin Other.CheckAccount; end;
procedure CheckWithoutTime; begin Other.CheckAccount(-1); end;
procedure BotTypes; begin Bot.Typing; end;
procedure BotSends; begin Bot.Send('Sou um robot.'); end;
procedure BotTransfersBack; begin Bot.Transfer(''); end;
procedure BotTransfersToAName; begin Bot.Transfer('sales'); end;

procedure Start;
begin
  Request := TOmnizeRequest.Create(Client, OMNIZE_REQUEST_START);
  try
    Assert(StatusOf(SetMood) = OMNIZE_E_ARGUMENT);
    Request['name'] := 'Joao';
    Request['extra'] := '{"order":1}';
    Chat.SendRequest(Request);
  finally
    Request.Free;
  end;
  Await(Client, OMNIZE_EVENT_ACCEPTED, Event);
  Assert((Chat.InteractionHash <> '') and (Event.InteractionHash = Chat.InteractionHash));
  Assert((Event.ClientId = '30') and (Event.Extra = '{"order":1}'));
  Await(Client, OMNIZE_EVENT_MESSAGE, Event);
  Assert((Pos('Joao', Event.Text) > 0) and (Event.MessageHash <> ''));
  Assert((Event.AgentId <> '') and (Event.AgentName <> ''));
end;

procedure SendImage;
begin
  Request := TOmnizeRequest.Create(Client, OMNIZE_REQUEST_MESSAGE);
  try
    Request['text'] := 'Veja';
    Request['media'] := 'image';
    Request['url'] := 'http://127.0.0.1/fatura.png';
    Chat.SendRequest(Request);
  finally
    Request.Free;
  end;
end;

procedure PostUpdate;
var
  Ticket: Int64;
begin
  Request := TOmnizeRequest.Create(Client, OMNIZE_REQUEST_UPDATE);
  try
    Request['mood'] := 'POSITIVE';
    Request['note'] := 'gentil';
    Ticket := Chat.PostRequest(Request);
  finally
    Request.Free;
  end;
  Await(Client, OMNIZE_EVENT_OUTCOME, Event);
  Assert((Event.OutcomeTicket = Ticket) and (Event.OutcomeDelivery = OMNIZE_DELIVERY_ACCEPTED));
end;

{ The same interaction, from a client that knows only its hash. }
procedure ContinueWithAnotherClient(const Hash: UTF8String);
begin
  Other := OpenDialectClient('interactions', '');
  Chat := Other.AttachTo('1', '30', Hash);
  try
    Assert(Chat.InteractionHash = Hash);
    Chat.Send('Bom dia!');
    Chat.Finish;
    Chat.Free;
    Chat := Other.Attach('1', '31');
    Assert(StatusOf(SendOi) = OMNIZE_E_INTERACTION);
  finally
    Chat.Free;
    Other.Free;
  end;
end;

procedure ARequestWithFieldsIsSent;
var
  Hash: UTF8String;
begin
  Client := OpenDialectClient('interactions', '127.0.0.1:0');
  try
    LetOperatorSet('webhook', Client.WebhookUrl);
    Chat := Client.Prepare('1', '30');
    try
      Assert(Chat.InteractionHash = '');
      Start;
      SendImage;
      PostUpdate;
      Hash := Chat.InteractionHash;
    finally
      Chat.Free;
    end;
    ContinueWithAnotherClient(Hash);
  finally
    Client.Free;
  end;
end;

procedure UnsupportedRequestsFail;
begin
  Client := OpenDialectClient('rest', '');
  Chat := Client.Start('1', '32', '', '', '', '');
  Request := TOmnizeRequest.Create(Client, OMNIZE_REQUEST_UPDATE);
  try
    Request['note'] := 'gentil';
    Assert(StatusOf(SendRequest) = OMNIZE_E_UNSUPPORTED);
    Assert(StatusOf(PostRequest) = OMNIZE_E_UNSUPPORTED);
    Assert(StatusOf(RequestDepartments) = OMNIZE_E_UNSUPPORTED);
    Assert(StatusOf(RequestAgents) = OMNIZE_E_UNSUPPORTED);
    Assert(StatusOf(AttachBot) = OMNIZE_E_UNSUPPORTED);
    Assert(Chat.InteractionHash = '');
    Chat.Finish;
  finally
    Request.Free;
    Chat.Free;
    Client.Free;
  end;
end;

procedure OpenInteractionsHaveTheBotIdOfTheStart;
var
  Open: TOmnizeInteractions;
begin
  Client := OpenDialectClient('gateway', '');
  Chat := Client.Prepare('1', '34');
  Request := TOmnizeRequest.Create(Client, OMNIZE_REQUEST_START);
  try
    Request['bot_id'] := 'b7';
    Chat.SendRequest(Request);
    Open := Client.Interactions;
    Assert((Length(Open) = 1) and (Open[0].ClientId = '34') and (Open[0].BotId = 'b7'));
    Chat.Finish;
  finally
    Request.Free;
    Chat.Free;
    Client.Free;
  end;
end;

procedure DepartmentsAndAgentsAreListed;
var
  Departments: TOmnizeDepartments;
  Agents: TOmnizeAgents;
  I: Integer;
begin
  Client := OpenDialectClient('interactions', '');
  try
    Departments := Client.Departments('');
    Assert((Length(Departments) >= 2) and (Departments[0].Id = '1') and (Departments[0].Name = 'Support'));
    Assert((Departments[0].Open = 1) and (Departments[0].Queue >= 0) and (Length(Departments[0].Channels) > 0));
    for I := 0 to High(Departments[0].Channels) do
      Assert((Departments[0].Channels[I].Id <> '') and (Departments[0].Channels[I].Name <> ''));
    Agents := Client.AgentsOnline('1');
    Assert((Agents.Total >= 1) and (Length(Agents.List) > 0) and (Length(Agents.List) <= 3));
    for I := 0 to High(Agents.List) do Assert((Agents.List[I].Id <> '') and (Agents.List[I].Name <> ''));
  finally
    Client.Free;
  end;
  Client := OpenDialectClient('gateway', '');
  try
    Assert(StatusOf(RequestDepartments) = OMNIZE_E_CLIENT_ID);
    Assert(Length(Client.Departments('12')) = Length(Departments));
  finally
    Client.Free;
  end;
end;

procedure OffHoursMessagesAreSubmitted;
begin
  Client := OpenDialectClient('interactions', '');
  Request := TOmnizeRequest.Create(Client, OMNIZE_REQUEST_OFF_HOURS);
  try
    Assert(StatusOf(OffHours) = OMNIZE_E_ARGUMENT); { no e-mail }
    Assert(Request.InteractionHash = '');
    Request['email'] := 'joao@example.com';
    Request['text'] := 'Liguem, por favor.';
    Client.OffHours('2', Request);
    Assert(Request.InteractionHash <> '');
  finally
    Request.Free;
    Client.Free;
  end;
end;

{ Waits for the outcome with this ticket. }
procedure AwaitOutcome(Ticket: Int64);
begin
  Await(Client, OMNIZE_EVENT_OUTCOME, Event);
  Assert((Event.OutcomeTicket = Ticket) and (Event.ClientId = ''));
end;

procedure QueriesAndContactsArePosted;
var
  Ticket: Int64;
begin
  Client := OpenDialectClient('interactions', '');
  Request := TOmnizeRequest.Create(Client, OMNIZE_REQUEST_OFF_HOURS);
  try
    AwaitOutcome(Client.PostDepartments(''));
    Assert(Event.OutcomeRequestKind = OMNIZE_REQUEST_DEPARTMENTS);
    Assert((Length(Event.Departments) >= 2) and (Event.Departments[0].Name = 'Support'));
    Assert(StatusOf(ReadAgents) = OMNIZE_E_ARGUMENT);
    AwaitOutcome(Client.PostAgentsOnline('1'));
    Assert((Event.Agents.Total >= 1) and (Length(Event.Agents.List) > 0));
    Assert(StatusOf(ReadDepartments) = OMNIZE_E_ARGUMENT);

    Assert(StatusOf(PostContact) = OMNIZE_E_ARGUMENT); { no e-mail }
    Request['email'] := 'joao@example.com';
    Request['text'] := 'Liguem, por favor.';
    Request.Reference := 'contact';
    Ticket := Client.PostOffHours('2', Request);
    Assert(Client.PostOffHours('2', Request) = Ticket);
    AwaitOutcome(Ticket);
    Assert((Event.OutcomeReference = 'contact') and (Event.InteractionHash <> ''));
  finally
    Request.Free;
    Client.Free;
  end;
  Client := OpenDialectClient('gateway', '');
  try
    Assert(StatusOf(PostQuery) = OMNIZE_E_CLIENT_ID);
  finally
    Client.Free;
  end;
end;

procedure EventsHaveTheFieldsOfTheTrigger;
begin
  Client := OpenDialectClient('interactions', '');
  try
    Client.Deliver('{"interaction_hash": "h1", "message": {"hash": "m1", "content": "veja", "type": "image", "url": "u"},' +
      '"agent": {"id": 4, "name": "Ana"}, "external_id": "55", "department_id": 3, "position": 2,' +
      '"extra": {"clientId": "12", "botId": "b", "order": 1}}', '');
    Await(Client, OMNIZE_EVENT_MESSAGE, Event);
    Assert((Event.ClientId = '12') and (Event.Text = 'veja') and (Event.MessageHash = 'm1'));
    Assert((Event.MediaKind = OMNIZE_MEDIA_IMAGE) and (Event.MediaUrl = 'u'));
    Assert((Event.AgentId = '4') and (Event.AgentName = 'Ana') and (Event.ExternalId = '55'));
    Assert((Event.Department = '3') and (Event.Position = 2) and (Event.InteractionHash = 'h1'));
    Assert((Event.BotId = 'b') and (Event.Extra = '{"order":1}'));
  finally
    Client.Free;
  end;
  Client := OpenDialectClient('rest', '');
  try
    Client.Deliver(OI, '');
    Await(Client, OMNIZE_EVENT_MESSAGE, Event);
    Assert((Event.MediaKind = OMNIZE_MEDIA_NONE) and (Event.MediaUrl = '') and (Event.MessageHash = ''));
    Assert((Event.AgentId = '') and (Event.AgentName = '') and (Event.ExternalId = '') and (Event.Extra = ''));
    Assert((Event.Department = '') and (Event.Position = -1) and (Event.InteractionHash = '') and (Event.BotId = ''));
  finally
    Client.Free;
  end;
end;

procedure AHistoryBecomesADocument;
const
  Begun = 25569; { 1970-01-01 }
  Second = 1 / 86400;
begin
  Client := OpenDialectClient('rest', '');
  History := TOmnizeHistory.Create(Client);
  try
    History.Add(OMNIZE_SPEAKER_CUSTOMER, 'Joao', Begun, 'Oi', OMNIZE_MEDIA_NONE, '');
    History.Add(OMNIZE_SPEAKER_BOT, '', Begun + Second, 'Veja', OMNIZE_MEDIA_IMAGE, 'http://127.0.0.1/a.png');
    Assert(Pos('1970-01-01T00:00:01.000Z', History.Json) > 0);
    Assert(Pos('http://127.0.0.1/a.png', History.Json) > 0);
    Assert(Pos('Joao', History.Json) < Pos('Veja', History.Json));
    Assert(StatusOf(AddUnknownSpeaker) = OMNIZE_E_ARGUMENT);
  finally
    History.Free;
    Client.Free;
  end;
end;

function DeliveryOf(Call: TCall): Integer;
var
  Error: EOmnizeError;
begin
  Error := FailureOf(Call);
  Result := Error.Delivery;
  Error.Free;
end;

procedure ACheckSaysWhatIsRight;
var
  Config: TOmnizeConfig;
begin
  Client := OpenDialectClient('interactions', '');
  Other := OpenDialectClient('rest', '');
  try
    Assert(Client.CheckAccount = OMNIZE_CHECK_ACCOUNT);
    Assert(Client.CheckAccount(20000) = OMNIZE_CHECK_ACCOUNT);
    Assert(Other.CheckAccount = OMNIZE_CHECK_CONNECTION);
    Assert((OmnizeCheckLevelName(OMNIZE_CHECK_ACCOUNT) = 'account') and (OmnizeCheckLevelName(0) = ''));
    Other.Free;
    Config := TOmnizeConfig.Create;
    Config.LoadEnvironment;
    Config['dialect'] := 'interactions';
    Config['base_url'] := UTF8String(GetEnvironmentVariable('OMNIZE_SANDBOX_URL'));
    Config['token'] := 'wrong';
    Other := TOmnizeClient.Create(Config);
    Config.Free;
    Assert(StatusOf(CheckOther) = OMNIZE_E_AUTH);
    Assert(StatusOf(CheckWithoutTime) = OMNIZE_E_ARGUMENT);
  finally
    Other.Free;
    Client.Free;
  end;
end;

procedure TheDepartmentAfterATransferIsKnown;
var
  Same: TOmnizeConversation;
  Open: TOmnizeInteractions;
begin
  Client := OpenDialectClient('interactions', '');
  Chat := Client.Start('1', '35', '', '', '', '');
  Same := Client.Attach('2', '35');
  try
    Client.Deliver(TOmnizeBytes('{"state":"transferred","department_id":2,"interaction_hash":"' + Chat.InteractionHash
      + '"}'), '');
    Assert((Same.Department = '1') and (Same.CurrentDepartment = '2') and (Chat.CurrentDepartment = '2'));
    Open := Client.Interactions;
    Assert((Length(Open) = 1) and (Open[0].Department = '1') and (Open[0].CurrentDepartment = '2'));
    Chat.Finish;
  finally
    Same.Free;
    Chat.Free;
    Client.Free;
  end;
end;

{ The last test, because a bot serves all later interactions. Other is the application that the customer uses. }
procedure Serve;
var
  Ticket: Int64;
begin
  Await(Client, OMNIZE_EVENT_NEW_INTERACTION, Event);
  Bot := Client.BotAttach(Event.InteractionHash);
  try
    Assert((Bot.InteractionHash = Chat.InteractionHash) and (Bot.ClientId = Bot.InteractionHash));
    Assert(DeliveryOf(BotSends) = OMNIZE_DELIVERY_REJECTED); { it has to accept first }
    Ticket := Bot.PostAccept;
    Await(Client, OMNIZE_EVENT_OUTCOME, Event);
    Assert((Event.OutcomeTicket = Ticket) and (Event.OutcomeDelivery = OMNIZE_DELIVERY_ACCEPTED));
    Await(Other, OMNIZE_EVENT_ACCEPTED, Event);
    Assert(Event.ClientId = '33');
    BotSends;
    Await(Other, OMNIZE_EVENT_MESSAGE, Event);
    Assert(Event.Text = 'Sou um robot.');
    Chat.Send('Quero uma pessoa.');
    Await(Client, OMNIZE_EVENT_MESSAGE, Event);
    Assert(Event.Text = 'Quero uma pessoa.');
    Assert(StatusOf(BotTypes) = OMNIZE_E_UNSUPPORTED);
    Assert(StatusOf(BotTransfersToAName) = OMNIZE_E_DEPARTMENT);
    Bot.Transfer('2');
    Await(Other, OMNIZE_EVENT_TRANSFERRED, Event);
    Assert(Event.Department = '2');
    Assert(StatusOf(BotTransfersBack) = OMNIZE_E_STATE); { it has no part in it any more }
  finally
    Bot.Free;
  end;
end;

procedure ABotServesAnInteraction;
begin
  Client := OpenDialectClient('interactions', '127.0.0.1:0');
  Other := OpenDialectClient('interactions', '127.0.0.1:0');
  try
    LetOperatorSet('webhook', Other.WebhookUrl);
    LetOperatorSet('bot', Client.WebhookUrl);
    Chat := Other.Start('1', '33', 'Joao', '', '', '');
    try
      Serve;
      Chat.Finish;
    finally
      Chat.Free;
    end;
  finally
    Other.Free;
    Client.Free;
  end;
end;

begin
  Test('a request says more', ARequestWithFieldsIsSent);
  Test('the dialect decides what can be asked', UnsupportedRequestsFail);
  Test('an open interaction tells the bot of its start', OpenInteractionsHaveTheBotIdOfTheStart);
  Test('the service tells departments and agents', DepartmentsAndAgentsAreListed);
  Test('a check says what is right', ACheckSaysWhatIsRight);
  Test('the department after a transfer is known', TheDepartmentAfterATransferIsKnown);
  Test('a message is left off hours', OffHoursMessagesAreSubmitted);
  Test('queries and contacts are posted', QueriesAndContactsArePosted);
  Test('an event tells what the trigger does', EventsHaveTheFieldsOfTheTrigger);
  Test('a history becomes a document', AHistoryBecomesADocument);
  Test('a bot takes part', ABotServesAnInteraction);
  Event.Free;
  Judge;
end.
