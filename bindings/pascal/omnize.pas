{
  omnize.pas: customer chat over the Omnize service, for Free Pascal (3.0 and later) and Delphi (7 and later).

    Client := TOmnizeClient.Create(Config);
    Chat := Client.Start('1', '12', 'Joao', 'joao@example.com', '', '');
    Chat.Send('Bom dia!');
    Event := Client.Next(1000);
    if Event <> nil then
    try
      if Event.Kind = OMNIZE_EVENT_MESSAGE then WriteLn(Event.Text);
    finally
      Event.Free;
    end;

  A thread that must not wait for the network posts; what becomes of a request comes as an event with its ticket:

    Chat := Client.Prepare('1', '12');
    Chat.PostStart('Joao', '', '', '');
    Ticket := Chat.Post('Bom dia!');
    Event := Client.Next(1000);
    if (Event <> nil) and (Event.OutcomeTicket = Ticket) then WriteLn(Event.OutcomeDelivery);

  omnize.h tells what each function does, blocks on and can fail with; here is what this unit adds to it.

  Errors. What is a failed status in C is an exception here, EOmnizeError.

  Objects are the application's to free, in any order. A conversation whose client was freed raises OMNIZE_E_CLOSED.

  Events are taken with TOmnizeClient.Next, in a loop, a timer or a thread of the application. Callbacks are left out,
  the log's too: they could come on threads that Pascal's runtime does not know.

  Texts are UTF8String: Free Pascal, and Delphi from 2009, convert from and to their other strings by themselves. In
  older Delphis an UTF8String is an AnsiString: use UTF8Encode and UTF8Decode, or set the option encoding to
  windows-1252, say, and pass AnsiStrings as they are. Do not set it elsewhere. On Unix, a Free Pascal program that
  converts names cwstring among its first units.

  Threads. Every method can be called on any thread, also on several at once; freeing an object is for one thread alone.
}
unit omnize;

{$IFDEF FPC}
  {$MODE DELPHI}
  {$LONGSTRINGS ON}
{$ENDIF}

interface

uses
  SysUtils, omnize_abi;

{$I omnize_constants.inc}

type
  { Bytes as they are, in no encoding that Pascal knows. }
{$IF DEFINED(FPC) OR DEFINED(UNICODE)}
  TOmnizeBytes = RawByteString;
{$ELSE}
  TOmnizeBytes = AnsiString;
{$IFEND}

  { Why a call failed. Message says what was wrong, what was expected and what to do, in English; it holds no token and
    nothing personal, so it can be logged. }
  EOmnizeError = class(Exception)
  private
    FStatus, FDelivery, FHttpStatus: Integer;
    FRetryable: Boolean;
    FRetryAfter, FEventsLeft, FRequestsLeft: Int64;
    FBody: TOmnizeBytes;
  public
    { Takes over an error that the library handed over with Status, and frees it. }
    constructor CreateFrom(Status: Integer; Handle: TOmnizeErrorHandle);
    { An OMNIZE_E_ value. }
    property Status: Integer read FStatus;
    { What became of the request: an OMNIZE_DELIVERY_ value. }
    property Delivery: Integer read FDelivery;
    { The HTTP status of the service's answer; 0 where there was none. }
    property HttpStatus: Integer read FHttpStatus;
    { The body of the service's answer, redacted; empty where there was none. }
    property Body: TOmnizeBytes read FBody;
    { Whether the same call may succeed later and making it again does no harm. }
    property Retryable: Boolean read FRetryable;
    { How many milliseconds the service asks to wait before the request is made again, which it does with HTTP 429 and 503;
      -1 where it does not say. }
    property RetryAfter: Int64 read FRetryAfter;
    { How many events, and how many requests, TOmnizeClient.Close has left, where a callback took too long for it; else 0. }
    property EventsLeft: Int64 read FEventsLeft;
    property RequestsLeft: Int64 read FRequestsLeft;
  end;

  { The options of clients that are to be opened. The documentation lists them, and OmnizeOptions. }
  TOmnizeConfig = class
  private
    FHandle: TOmnizeConfigHandle;
    function GetOption(const Name: UTF8String): UTF8String;
    procedure SetOption(const Name, Value: UTF8String);
  public
    { Every option at its default. }
    constructor Create;
    { Clients that were opened with it go on. }
    destructor Destroy; override;
    { Sets each option whose environment variable is there, such as OMNIZE_TOKEN. }
    procedure LoadEnvironment;
    { Sets the options that an INI file holds. }
    procedure LoadFile(const Path: UTF8String);
    { An option, or its default; a secret that is set reads "[redacted]". }
    property Options[const Name: UTF8String]: UTF8String read GetOption write SetOption; default;
    property Handle: TOmnizeConfigHandle read FHandle;
  end;

  { One trigger that the service posted, or the outcome of one request that the application posted. }
  TOmnizeEvent = class
  private
    FHandle: TOmnizeEventHandle;
    function GetKind: Integer;
    function GetKindName: UTF8String;
    function GetClientId: UTF8String;
    function GetText: UTF8String;
    function GetRaw: TOmnizeBytes;
    function GetReplaced: Boolean;
    function GetRedelivered: Boolean;
    function GetSequence: Int64;
    function GetReceivedAt: TDateTime;
    function GetOutcomeTicket: Int64;
    function GetOutcomeDelivery: Integer;
    function GetOutcomeStatus: Integer;
    function GetOutcomeHttpStatus: Integer;
    function GetMediaKind: Integer;
    function GetMediaUrl: UTF8String;
    function GetMessageHash: UTF8String;
    function GetAgentId: UTF8String;
    function GetAgentName: UTF8String;
    function GetPosition: Int64;
    function GetDepartment: UTF8String;
    function GetInteractionHash: UTF8String;
    function GetExternalId: UTF8String;
    function GetBotId: UTF8String;
    function GetExtra: UTF8String;
  public
    { Takes over an event of the application's own, as TOmnizeClient.Next does. }
    constructor CreateFrom(Handle: TOmnizeEventHandle);
    destructor Destroy; override;
    { What it says: an OMNIZE_EVENT_ value, to which a later library may add. }
    property Kind: Integer read GetKind;
    { The name of the kind, such as "accepted"; empty for one that this library does not know. }
    property KindName: UTF8String read GetKindName;
    { The id that the application gave the customer; empty where the service names an interaction that is not known, by
      InteractionHash alone. }
    property ClientId: UTF8String read GetClientId;
    { The agent's message, which may hold #0, or why what was posted failed; empty for other kinds. }
    property Text: UTF8String read GetText;
    { The trigger's body, byte for byte as the service posted it; empty for an outcome. }
    property Raw: TOmnizeBytes read GetRaw;
    { Whether client id and text are not all that the service sent; Raw is. }
    property Replaced: Boolean read GetReplaced;
    { Its place in the order in which its client received, from 1. }
    property Sequence: Int64 read GetSequence;
    { Says that it is handled. Needed only where the option ack is manual. }
    procedure Ack;
    { Says that it was not handled, so that it comes again from the store after the next start. }
    procedure Nack;
    { Whether an earlier run of the application received it, so that it comes again from the store. }
    property Redelivered: Boolean read GetRedelivered;
    { When it was received, by this machine's clock, in UTC. }
    property ReceivedAt: TDateTime read GetReceivedAt;
    { What comes with the message: an OMNIZE_MEDIA_ value. }
    property MediaKind: Integer read GetMediaKind;
    { Where the message's image, video, sound or file is; empty where it has none. }
    property MediaUrl: UTF8String read GetMediaUrl;
    { The message's own hash; empty where it has none. What comes again with the same hash is not given again. }
    property MessageHash: UTF8String read GetMessageHash;
    { The agent who wrote the message; empty where it is not told. }
    property AgentId: UTF8String read GetAgentId;
    property AgentName: UTF8String read GetAgentName;
    { The customer's place among those who wait, of the kind OMNIZE_EVENT_QUEUED; -1 where it is not told. }
    property Position: Int64 read GetPosition;
    { The department that the interaction was given to; empty where it is not told. }
    property Department: UTF8String read GetDepartment;
    { The hash by which the service knows the interaction; empty where it has none in this dialect. }
    property InteractionHash: UTF8String read GetInteractionHash;
    { The customer's id at WhatsApp; empty where it is not told. }
    property ExternalId: UTF8String read GetExternalId;
    { The bot that the start has named; empty where it has named none. }
    property BotId: UTF8String read GetBotId;
    { The application's own fields, which the field extra of the start has sent, as a JSON object; empty where there are
      none. }
    property Extra: UTF8String read GetExtra;
    { The ticket that posting the request has given; 0 where this is no outcome. }
    property OutcomeTicket: Int64 read GetOutcomeTicket;
    { What became of the request: an OMNIZE_DELIVERY_ value. }
    property OutcomeDelivery: Integer read GetOutcomeDelivery;
    { What a call that waits would have raised; OMNIZE_OK where the service accepted, OMNIZE_E_HANDLE where this is no
      outcome. }
    property OutcomeStatus: Integer read GetOutcomeStatus;
    { The HTTP status by which the service refused; 0 where it accepted or there was no answer. }
    property OutcomeHttpStatus: Integer read GetOutcomeHttpStatus;
    property Handle: TOmnizeEventHandle read FHandle;
  end;

  TOmnizeClient = class;

  { A request that says more than the methods of a conversation have parameters for. It can be sent and posted as often as
    the application likes; each is a request of its own. Which fields a kind has, its OMNIZE_REQUEST_ in omnize.h tells. }
  TOmnizeRequest = class
  private
    FHandle: TOmnizeRequestHandle;
    procedure SetField(const Name, Value: UTF8String);
    function GetInteractionHash: UTF8String;
  public
    { One that says nothing yet. Kind is an OMNIZE_REQUEST_ value. }
    constructor Create(Client: TOmnizeClient; Kind: Integer);
    destructor Destroy; override;
    { Whether the dialect of the client has a field is told when the request is sent or posted. }
    property Fields[const Name: UTF8String]: UTF8String write SetField; default;
    { The hash by which the service knows the interaction that TOmnizeClient.OffHours has made of it; empty before. }
    property InteractionHash: UTF8String read GetInteractionHash;
    property Handle: TOmnizeRequestHandle read FHandle;
  end;

  { What was said before an interaction, from which the document is made that the field external_history of a start leads
    to. The application serves it itself, at a URL that the service can reach. }
  TOmnizeHistory = class
  private
    FHandle: TOmnizeHistoryHandle;
    function GetJson: UTF8String;
  public
    { One in which nothing was said yet. }
    constructor Create(Client: TOmnizeClient);
    destructor Destroy; override;
    { Adds what was said after all that was added before. Speaker is an OMNIZE_SPEAKER_ value, Name may be empty, At is
      in UTC. Media is an OMNIZE_MEDIA_ value, and Url where it is: empty for OMNIZE_MEDIA_NONE. }
    procedure Add(Speaker: Integer; const Name: UTF8String; At: TDateTime; const Text: UTF8String; Media: Integer;
      const Url: UTF8String);
    { The document, to be served as application/json. It is as personal as what was said. }
    property Json: UTF8String read GetJson;
    property Handle: TOmnizeHistoryHandle read FHandle;
  end;

  { One customer's interaction, made by TOmnizeClient.Start, Prepare and Attach.

    Its requests block until the service has answered, at the most for as long as the option timeout says; where one
    raises an EOmnizeError, Delivery tells what became of it. Those that are posted never wait for the network, and raise
    only what is known at once; what becomes of them comes as an event of the kind OMNIZE_EVENT_OUTCOME, whose
    OutcomeTicket is the ticket that posting gives, which no other post of the client has.

    Freeing it sends nothing. }
  TOmnizeConversation = class
  private
    FHandle: TOmnizeConversationHandle;
    function GetClientId: UTF8String;
    function GetDepartment: UTF8String;
    function GetState: Integer;
    function GetInteractionHash: UTF8String;
  public
    { Takes over a conversation of the application's own, as TOmnizeClient.Start does. }
    constructor CreateFrom(Handle: TOmnizeConversationHandle);
    destructor Destroy; override;
    { Sends the customer's message. }
    procedure Send(const Text: UTF8String);
    { Makes a request that says more. }
    procedure SendRequest(Request: TOmnizeRequest);
    { Says that the customer types. }
    procedure Typing;
    { Says that the customer has stopped typing. }
    procedure Cleared;
    { Finishes the interaction. }
    procedure Finish;
    { Posts the start of the interaction, of one that TOmnizeClient.Prepare has made. Of the customer's Name, Email,
      Phone and Cpf, what is empty is not sent. Gives the ticket. }
    function PostStart(const Name, Email, Phone, Cpf: UTF8String): Int64;
    { Posts the customer's message. Gives the ticket. }
    function Post(const Text: UTF8String): Int64;
    { Posts a request that says more. Gives the ticket. }
    function PostRequest(Request: TOmnizeRequest): Int64;
    { Posts that the interaction is finished. Gives the ticket. }
    function PostFinish: Int64;
    { Says that the customer has pressed a key; to be called as often as keys are pressed. The service sees one typing,
      and one cleared after the last key or right before the message. Never blocks, and no outcome is told. }
    procedure Keystroke;
    { How long each later request of this object may take in all, in milliseconds; 0 is what the option timeout says. }
    procedure SetTimeout(TimeoutMs: Int64);
    { Where the interaction is: an OMNIZE_STATE_ value, to which a later library may add. }
    property State: Integer read GetState;
    { The hash by which the service knows the interaction; empty where it is not known yet, or the dialect has none. }
    property InteractionHash: UTF8String read GetInteractionHash;
    property ClientId: UTF8String read GetClientId;
    property Department: UTF8String read GetDepartment;
    property Handle: TOmnizeConversationHandle read FHandle;
  end;

  { The part that the application has, as an external bot, in an interaction that the service gave to it; made by
    TOmnizeClient.AttachBot. What it sends or posts are the bot's messages, and its Finish is the bot's; Typing, Cleared,
    Keystroke and starts are OMNIZE_E_UNSUPPORTED. }
  TOmnizeBot = class(TOmnizeConversation)
  public
    { Takes the interaction. }
    procedure Accept;
    { Gives the interaction to a department, or back to where it started where Department is empty. The bot has no part in
      it any more. }
    procedure Transfer(const Department: UTF8String);
    { Posts that the interaction is taken. Gives the ticket. }
    function PostAccept: Int64;
    { Posts that the interaction is given to a department, or back to where it started where Department is empty. Gives the
      ticket. }
    function PostTransfer(const Department: UTF8String): Int64;
  end;

  { One of the ways to talk to a department. Open is 1 or 0, or -1 where the service does not say. }
  TOmnizeChannel = record
    Id, Name: UTF8String;
    Open: Integer;
  end;

  { A department that an interaction can be started with. Open is 1 or 0, Queue how many customers wait there; each is -1
    where the service does not say. }
  TOmnizeDepartment = record
    Id, Name: UTF8String;
    Open: Integer;
    Queue: Int64;
    Channels: array of TOmnizeChannel;
  end;
  TOmnizeDepartments = array of TOmnizeDepartment;

  { Somebody who talks to customers. }
  TOmnizeAgent = record
    Id, Name: UTF8String;
  end;

  { The agents of a department who were there when the service was asked: how many, how many seconds they take on average
    (negative where the service does not say), and three of them at the most, whom the service chooses at random. }
  TOmnizeAgents = record
    Count: Int64;
    AverageSeconds: Double;
    Named: array of TOmnizeAgent;
  end;

  { An interaction that was under way when it was listed. }
  TOmnizeInteraction = record
    { The id that the application gave the customer, and the department that he talks to. }
    ClientId, Department: UTF8String;
    { The bot that its start named; empty where it named none. }
    BotId: UTF8String;
    { OMNIZE_STATE_STARTING, OMNIZE_STATE_WAITING or OMNIZE_STATE_ACTIVE. }
    State: Integer;
    { Since when it is in this state, by this machine's clock, in UTC. }
    Since: TDateTime;
  end;
  TOmnizeInteractions = array of TOmnizeInteraction;

  { One token's conversations and events. }
  TOmnizeClient = class
  private
    FHandle: TOmnizeClientHandle;
    function GetWebhookUrl: UTF8String;
    function GetWakeDescriptor: Int64;
  public
    { Opens it. Where the option listen is set, the webhook takes triggers from now on. }
    constructor Create(Config: TOmnizeConfig);
    { Closes it, as Close with no time does. }
    destructor Destroy; override;
    { Starts an interaction: makes the request. Of the customer's Name, Email, Phone and Cpf, what is empty is not
      sent. }
    function Start(const Department, ClientId, Name, Email, Phone, Cpf: UTF8String): TOmnizeConversation;
    { Makes a conversation that is still to be started, by TOmnizeConversation.PostStart. Sends nothing. }
    function Prepare(const Department, ClientId: UTF8String): TOmnizeConversation;
    { Takes up an interaction that is already running: one of Interactions where it is; another one counts as active.
      Sends nothing. }
    function Attach(const Department, ClientId: UTF8String): TOmnizeConversation;
    { Takes up an interaction that is already running, and that the service knows by this hash. Sends nothing. }
    function AttachTo(const Department, ClientId, InteractionHash: UTF8String): TOmnizeConversation;
    { Takes up an interaction that the service gave to the application, which is an external bot: that of an event of the
      kind OMNIZE_EVENT_NEW_INTERACTION, whose InteractionHash is wanted. Sends nothing. }
    function AttachBot(const InteractionHash: UTF8String): TOmnizeBot;
    { Asks the service for its departments: makes a request. The dialect gateway wants the customer for whom it is asked;
      ClientId may be empty else. }
    function Departments(const ClientId: UTF8String): TOmnizeDepartments;
    { Asks the service which agents of a department are there: makes a request. }
    function AgentsOnline(const Department: UTF8String): TOmnizeAgents;
    { Leaves a customer's message with a department while no agent is there: makes a request of the kind
      OMNIZE_REQUEST_OFF_HOURS, whose InteractionHash tells afterwards which interaction the service has made of it. }
    procedure OffHours(const Department: UTF8String; Request: TOmnizeRequest);
    { The interactions that are under way, whether a conversation is about them or not; with the option store, also those
      that an earlier run has left. Those that have been where they are for the longest time come first. }
    function Interactions: TOmnizeInteractions;
    { Waits up to TimeoutMs milliseconds (0: not at all; -1: without bound) for the next event, which is the caller's to
      free; nil where none came. }
    function Next(TimeoutMs: Int64): TOmnizeEvent;
    { Hands over the body of a trigger that the application's own web server received; ContentType may be empty. }
    procedure Deliver(const Body: TOmnizeBytes; const ContentType: UTF8String);
    { The same for a body that may be compressed. }
    procedure DeliverCompressed(const Body: TOmnizeBytes; const ContentType, ContentEncoding: UTF8String);
    { How often the thing of this name was counted; OmnizeStatistics tells the names. }
    function Statistic(const Name: UTF8String): Int64;
    { Closes it, waiting up to TimeoutMs milliseconds for requests under way. Tells how many events the application was
      not given, and how many requests were broken off or, where they were posted, not sent. }
    procedure Close(TimeoutMs: Int64; out EventsLeft, RequestsLeft: Int64);
    { The URL of this client's own webhook; empty where it has none. TOmnizeListener.Url tells that of a shared one. }
    property WebhookUrl: UTF8String read GetWebhookUrl;
    { A descriptor that is readable exactly while events wait. }
    property WakeDescriptor: Int64 read GetWakeDescriptor;
    property Handle: TOmnizeClientHandle read FHandle;
  end;

  { One address that takes triggers for several clients, each at a path of its own; their option listen is not set. }
  TOmnizeListener = class
  private
    FHandle: TOmnizeListenerHandle;
  public
    { Opens it, with the options that begin with listen, except listen.path. Needs no token. }
    constructor Create(Config: TOmnizeConfig);
    { Closes it, as Close with no time does. Its clients stay open. }
    destructor Destroy; override;
    { Hands the triggers that come at Path to Client from now on; at a path that nobody guesses where Path is empty. }
    procedure Attach(Client: TOmnizeClient; const Path: UTF8String);
    { Hands nothing to Client any more; its path is answered 404. }
    procedure Detach(Client: TOmnizeClient);
    { The webhook's URL of a client; OMNIZE_E_ARGUMENT where it is not attached. }
    function Url(Client: TOmnizeClient): UTF8String;
    { How often the thing of this name was counted at this listener; OmnizeStatistics tells the names. }
    function Statistic(const Name: UTF8String): Int64;
    { Closes it, waiting up to TimeoutMs milliseconds for triggers that are being kept. Its clients stay open. }
    procedure Close(TimeoutMs: Int64);
    property Handle: TOmnizeListenerHandle read FHandle;
  end;

  { An option that a TOmnizeConfig has: its name, what values it takes, what holds where it is not set, and what it is
    for, in English. }
  TOmnizeOption = record
    Name, Kind, Default, Doc: UTF8String;
  end;
  TOmnizeOptions = array of TOmnizeOption;

  { Something that is counted: its name, and what it counts, in English. }
  TOmnizeStatistic = record
    Name, Doc: UTF8String;
  end;
  TOmnizeStatistics = array of TOmnizeStatistic;

  TOmnizeStatuses = array of Integer;

{ The version of the library that is loaded, such as "0.1.0". }
function OmnizeVersion: UTF8String;
{ The version of its binary interface. }
function OmnizeAbiVersion: Integer;
{ Whether it has a feature: "listener" or "store". }
function OmnizeHasFeature(const Name: UTF8String): Boolean;
{ The name of a status, such as "OMNIZE_E_HANDLE"; empty for a number that is none. }
function OmnizeStatusName(Status: Integer): UTF8String;
{ What a status means and what to do, in English; empty for a number that is none. }
function OmnizeStatusText(Status: Integer): UTF8String;
{ All statuses, OMNIZE_OK included. }
function OmnizeStatuses: TOmnizeStatuses;
{ All options. }
function OmnizeOptions: TOmnizeOptions;
{ All that is counted. }
function OmnizeStatistics: TOmnizeStatistics;

implementation

{$I omnize_call.inc}
{$I omnize_config.inc}
{$I omnize_event.inc}
{$I omnize_request.inc}
{$I omnize_history.inc}
{$I omnize_conversation.inc}
{$I omnize_bot.inc}
{$I omnize_account.inc}
{$I omnize_client.inc}
{$I omnize_listener.inc}
{$I omnize_library.inc}

end.
