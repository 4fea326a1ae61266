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

  A thread that must not block posts its requests. An event reports the outcome of each request, with its ticket:

    Chat := Client.Prepare('1', '12');
    Chat.PostStart('Joao', '', '', '');
    Ticket := Chat.Post('Bom dia!');
    Event := Client.Next(1000);
    if (Event <> nil) and (Event.OutcomeTicket = Ticket) then WriteLn(Event.OutcomeDelivery);

  omnize.h explains each function: what it does, how long it blocks, and its statuses. This comment explains what the
  unit adds.

  Errors. A failed call raises EOmnizeError.

  Objects. The application frees them, in any order. Requests of a conversation whose client was freed raise
  OMNIZE_E_CLOSED.

  Events. TOmnizeClient.Next returns them, in a loop, a timer or a thread of the application. The unit has no callbacks
  and no log, because these would run on threads that Pascal's runtime does not know.

  Texts are UTF8String. Free Pascal, and Delphi from 2009, convert them to their other strings. In older Delphis,
  UTF8String is an AnsiString: use UTF8Encode and UTF8Decode, or set the option encoding, for example to windows-1252,
  and pass AnsiStrings unchanged. Do not set this option elsewhere. On Unix, a Free Pascal program that converts strings
  has cwstring among its first units.

  Windows. The unit uses omnize.dll. With the symbol OMNIZE_STDCALL, a 32-bit program uses omnize-stdcall.dll. Define the
  symbol for all units: in the options of the project, or with -dOMNIZE_STDCALL.

  Threads. Any thread may call any method, also several threads at the same time. Only one thread may free an object.
}
unit omnize;

{$IFDEF FPC}
  {$MODE DELPHI}
  {$LONGSTRINGS ON}
{$ENDIF}
{$I omnize_platform.inc}

interface

uses
  SysUtils, omnize_abi;

{$I omnize_constants.inc}

type
  { Bytes without an encoding. }
{$IF DEFINED(FPC) OR DEFINED(UNICODE)}
  TOmnizeBytes = RawByteString;
{$ELSE}
  TOmnizeBytes = AnsiString;
{$IFEND}

{$I omnize_error_declarations.inc}

  { The options for opening a client. The documentation and OmnizeOptions list them. }
  TOmnizeConfig = class
  private
    FHandle: TOmnizeConfigHandle;
    function GetOption(const Name: UTF8String): UTF8String;
    procedure SetOption(const Name, Value: UTF8String);
  public
    { Creates a configuration with the default of each option. Raises OMNIZE_E_UNSUPPORTED if the loaded library has
      another calling convention than the program. }
    constructor Create;
    { Clients that were opened with it stay open. }
    destructor Destroy; override;
    { Sets the options from environment variables, such as OMNIZE_TOKEN. }
    procedure LoadEnvironment;
    { Sets the options of an INI file. }
    procedure LoadFile(const Path: UTF8String);
    { The value of an option, or its default. A secret that is set reads "[redacted]". }
    property Options[const Name: UTF8String]: UTF8String read GetOption write SetOption; default;
    property Handle: TOmnizeConfigHandle read FHandle;
  end;

{$I omnize_records.inc}

  { A trigger that the service posted, or the outcome of a posted request. }
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
    function GetOutcomeReference: UTF8String;
    function GetOutcomeRequestKind: Integer;
    function GetOutcomePostedAt: TDateTime;
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
    { Takes the ownership of an event, as TOmnizeClient.Next does. }
    constructor CreateFrom(Handle: TOmnizeEventHandle);
    destructor Destroy; override;
    { The kind, an OMNIZE_EVENT_ value. Later versions may add values. }
    property Kind: Integer read GetKind;
    { The name of the kind, such as "accepted"; empty if this version does not recognize it. }
    property KindName: UTF8String read GetKindName;
    { The customer's client id; empty if the service sent only the hash of an unknown interaction. }
    property ClientId: UTF8String read GetClientId;
    { The text of a message, which may contain #0, or the error message of an outcome; otherwise empty. }
    property Text: UTF8String read GetText;
    { The body of the trigger, unchanged; empty for an outcome. }
    property Raw: TOmnizeBytes read GetRaw;
    { Whether client id or text contain replaced characters. Raw is the unchanged trigger. }
    property Replaced: Boolean read GetReplaced;
    { The number in the order in which the client received events, from 1. }
    property Sequence: Int64 read GetSequence;
    { Acknowledges the event. Needed only if the option ack is manual. }
    procedure Ack;
    { Reports that the event was not handled. The store redelivers it after a restart. }
    procedure Nack;
    { Whether an earlier process received the event, and the store redelivered it. }
    property Redelivered: Boolean read GetRedelivered;
    { When the event was received, by this machine's clock, in UTC. }
    property ReceivedAt: TDateTime read GetReceivedAt;
    { The kind of media of the message, an OMNIZE_MEDIA_ value. }
    property MediaKind: Integer read GetMediaKind;
    { The URL of the message's image, video, audio or file; empty if it has none. }
    property MediaUrl: UTF8String read GetMediaUrl;
    { The hash of the message; empty if it has none. A message with a repeated hash is dropped. }
    property MessageHash: UTF8String read GetMessageHash;
    { The agent who wrote the message; empty if unknown. }
    property AgentId: UTF8String read GetAgentId;
    property AgentName: UTF8String read GetAgentName;
    { The customer's position in the queue, counted from 1, of the kind OMNIZE_EVENT_QUEUED; otherwise -1. }
    property Position: Int64 read GetPosition;
    { The department to which the interaction was transferred; otherwise empty. }
    property Department: UTF8String read GetDepartment;
    { The interaction hash, for an outcome that of the new interaction; empty if the dialect has no hashes. }
    property InteractionHash: UTF8String read GetInteractionHash;
    { The customer's id at WhatsApp; empty if unknown. }
    property ExternalId: UTF8String read GetExternalId;
    { The bot id of the start; empty if it had none. }
    property BotId: UTF8String read GetBotId;
    { The application's own fields as a JSON object: the field extra of the start; empty if there are no such fields. }
    property Extra: UTF8String read GetExtra;
    { The ticket of the posted request; 0 if the event is not an outcome. }
    property OutcomeTicket: Int64 read GetOutcomeTicket;
    { The delivery of the request, an OMNIZE_DELIVERY_ value. }
    property OutcomeDelivery: Integer read GetOutcomeDelivery;
    { The status of an equal blocking call; OMNIZE_E_HANDLE if the event is not an outcome. }
    property OutcomeStatus: Integer read GetOutcomeStatus;
    { The HTTP status of the rejection; 0 if there was none. }
    property OutcomeHttpStatus: Integer read GetOutcomeHttpStatus;
    { The reference of the request; empty if it was posted without one. }
    property OutcomeReference: UTF8String read GetOutcomeReference;
    { The kind of the request, an OMNIZE_REQUEST_ value; 0 if the event is not an outcome. }
    property OutcomeRequestKind: Integer read GetOutcomeRequestKind;
    { When the request was posted, by this machine's clock, in UTC; 0 if an earlier version of the library stored it. }
    property OutcomePostedAt: TDateTime read GetOutcomePostedAt;
    { The list, if the event is the outcome of an accepted PostDepartments or PostAgentsOnline; otherwise raises
      OMNIZE_E_ARGUMENT. }
    function Departments: TOmnizeDepartments;
    function Agents: TOmnizeAgents;
    property Handle: TOmnizeEventHandle read FHandle;
  end;

  TOmnizeClient = class;
  TOmnizeConversation = class;

  { A request with fields for which the methods of a conversation have no parameter. It can be sent and posted several
    times; each time is a separate request. The comments of OMNIZE_REQUEST_ in omnize.h list the fields. }
  TOmnizeRequest = class
  private
    FHandle: TOmnizeRequestHandle;
    procedure SetField(const Name, Value: UTF8String);
    procedure SetReference(const Value: UTF8String);
    procedure SetMaxAge(Milliseconds: Int64);
    function GetInteractionHash: UTF8String;
  public
    { Creates a request without fields. Kind is an OMNIZE_REQUEST_ value. }
    constructor Create(Client: TOmnizeClient; Kind: Integer);
    { Creates a request without fields for conversations of the same client. }
    constructor CreateFor(Conversation: TOmnizeConversation; Kind: Integer);
    destructor Destroy; override;
    { Sets a field. If the client's dialect does not have it, sending or posting the request fails. }
    property Fields[const Name: UTF8String]: UTF8String write SetField; default;
    { The application's own text for a posted request, of 1 to 255 bytes without #0. The outcome contains it. Another
      post with the same reference returns the first ticket, and sends nothing. }
    property Reference: UTF8String write SetReference;
    { The age limit of a posted request in milliseconds, from the post; -1: no limit. A request that is still in the
      outbox then is removed, with the outcome OMNIZE_E_EXPIRED. }
    property MaxAge: Int64 write SetMaxAge;
    { The hash of the interaction that TOmnizeClient.OffHours created; empty before. }
    property InteractionHash: UTF8String read GetInteractionHash;
    property Handle: TOmnizeRequestHandle read FHandle;
  end;

  { The messages exchanged before an interaction. The library renders them as the document that the start field
    external_history links to. The application serves it, at a URL that the service can reach. }
  TOmnizeHistory = class
  private
    FHandle: TOmnizeHistoryHandle;
    function GetJson: UTF8String;
  public
    { Creates an empty history. }
    constructor Create(Client: TOmnizeClient);
    destructor Destroy; override;
    { Appends a message. Speaker is an OMNIZE_SPEAKER_ value. Name may be empty. At is in UTC. Media is an
      OMNIZE_MEDIA_ value, and Url the URL of the media: empty for OMNIZE_MEDIA_NONE. }
    procedure Add(Speaker: Integer; const Name: UTF8String; At: TDateTime; const Text: UTF8String; Media: Integer;
      const Url: UTF8String);
    { The document, to serve as application/json. It contains personal data. }
    property Json: UTF8String read GetJson;
    property Handle: TOmnizeHistoryHandle read FHandle;
  end;

  { An interaction of one customer, from TOmnizeClient.Start, Prepare or Attach. Requests block until the service
    responds, at most for the option timeout. If a request raises an EOmnizeError, Delivery is its delivery. Posted
    requests do not wait for the network. An event of the kind OMNIZE_EVENT_OUTCOME reports their delivery; its
    OutcomeTicket is the ticket. Freeing a conversation sends nothing. }
  TOmnizeConversation = class
  private
    FHandle: TOmnizeConversationHandle;
    function GetClientId: UTF8String;
    function GetCurrentDepartment: UTF8String;
    function GetDepartment: UTF8String;
    function GetState: Integer;
    function GetInteractionHash: UTF8String;
    function GetUserData: Pointer;
  public
    { Takes the ownership of a conversation, as TOmnizeClient.Start does. }
    constructor CreateFrom(Handle: TOmnizeConversationHandle);
    destructor Destroy; override;
    { Sends a message of the customer. }
    procedure Send(const Text: UTF8String);
    { Sends a request with further fields. }
    procedure SendRequest(Request: TOmnizeRequest);
    { Sends that the customer is typing. }
    procedure Typing;
    { Sends that the customer stopped typing. }
    procedure Cleared;
    { Finishes the interaction. }
    procedure Finish;
    { Posts the start of an interaction from TOmnizeClient.Prepare, and returns the ticket. Empty fields of Name,
      Email, Phone and Cpf are omitted. }
    function PostStart(const Name, Email, Phone, Cpf: UTF8String): Int64;
    { Posts a message of the customer, and returns the ticket. }
    function Post(const Text: UTF8String): Int64;
    { Posts a request with further fields, and returns the ticket. }
    function PostRequest(Request: TOmnizeRequest): Int64;
    { Posts the finish of the interaction, and returns the ticket. }
    function PostFinish: Int64;
    { Reports one keystroke of the customer. Call it for each key. The service receives one typing, and one cleared
      after the last key or before the message. Does not block, and has no outcome. }
    procedure Keystroke;
    { Waits for the next event of this interaction, at most TimeoutMs milliseconds (0: does not wait; -1: no limit).
      Returns nil if none came in time, or the interaction has ended and its last event was returned. From the first
      call until this object is freed, TOmnizeClient.Next does not return events of this interaction. The application
      frees the event. }
    function Next(TimeoutMs: Int64): TOmnizeEvent;
    { Stores a pointer with this object, instead of an earlier one. The library calls Destroy once with it: when this
      object is freed, or another pointer is stored, on the calling thread. Destroy may be nil. }
    procedure SetUserData(UserData: Pointer; Destroy: TOmnizeDestroy);
    { The pointer of SetUserData; nil if none was stored. }
    property UserData: Pointer read GetUserData;
    { Cancels all posted requests of the interaction that wait. Returns their number. }
    function Cancel: Int64;
    { Sets the timeout of later requests of this object in milliseconds; 0 restores the option timeout. }
    procedure SetTimeout(TimeoutMs: Int64);
    { The state of the interaction, an OMNIZE_STATE_ value. Later versions may add values. }
    property State: Integer read GetState;
    { The interaction hash; empty if it is not known yet, or the dialect has no hashes. }
    property InteractionHash: UTF8String read GetInteractionHash;
    property ClientId: UTF8String read GetClientId;
    property Department: UTF8String read GetDepartment;
    { The department that serves the customer, for display. It changes with a transfer. }
    property CurrentDepartment: UTF8String read GetCurrentDepartment;
    property Handle: TOmnizeConversationHandle read FHandle;
  end;

  { An interaction of the application's external bot, from TOmnizeClient.BotAttach. It sends and posts the bot's
    messages, and the bot's Finish. Starts, Typing, Cleared and Keystroke raise OMNIZE_E_UNSUPPORTED. }
  TOmnizeBot = class(TOmnizeConversation)
  public
    { Accepts the interaction. }
    procedure Accept;
    { Transfers the interaction to a department. If Department is empty, it returns to its first department.
      Afterwards, the bot can't send requests of it. }
    procedure Transfer(const Department: UTF8String);
    { Posts the accept request, and returns the ticket. }
    function PostAccept: Int64;
    { Posts a transfer to a department, and returns the ticket. If Department is empty, the interaction returns to its
      first department. }
    function PostTransfer(const Department: UTF8String): Int64;
  end;

  { The conversations and events of one token. }
  TOmnizeClient = class
  private
    FHandle: TOmnizeClientHandle;
    function GetWebhookUrl: UTF8String;
    function GetWakeDescriptor: Int64;
    function GetWakeHandle: Pointer;
  public
    { Opens the client. If the option listen is set, it accepts triggers from now on. }
    constructor Create(Config: TOmnizeConfig);
    { Closes the client with a timeout of 0. }
    destructor Destroy; override;
    { Starts an interaction, and blocks until the service responds. Empty fields of Name, Email, Phone and Cpf are
      omitted. }
    function Start(const Department, ClientId, Name, Email, Phone, Cpf: UTF8String): TOmnizeConversation;
    { Creates a conversation that TOmnizeConversation.PostStart starts later. Sends nothing. }
    function Prepare(const Department, ClientId: UTF8String): TOmnizeConversation;
    { Creates a conversation for an open interaction. Its state is that of Interactions, or active if it is not
      listed. Sends nothing. }
    function Attach(const Department, ClientId: UTF8String): TOmnizeConversation;
    { Creates a conversation for the open interaction with this hash. Sends nothing. }
    function AttachTo(const Department, ClientId, InteractionHash: UTF8String): TOmnizeConversation;
    { Creates a conversation for an interaction of the application's external bot. The hash is InteractionHash of the
      event OMNIZE_EVENT_NEW_INTERACTION. Sends nothing. }
    function BotAttach(const InteractionHash: UTF8String): TOmnizeBot;
    { Checks the configuration, for example at the start of the application. Sends the list of departments if the dialect
      has it; otherwise opens a connection and sends nothing. Blocks at most for TimeoutMs (0: the option timeout).
      Returns an OMNIZE_CHECK_ value. Raises OMNIZE_E_AUTH if the service rejects the token. }
    function CheckAccount(TimeoutMs: Int64 = 0): Integer;
    { Requests the departments, and blocks until the service responds. The dialect gateway requires ClientId.
      Otherwise it may be empty. }
    function Departments(const ClientId: UTF8String): TOmnizeDepartments;
    { Requests the online agents of a department, and blocks until the service responds. }
    function AgentsOnline(const Department: UTF8String): TOmnizeAgents;
    { Sends a message to a department while no agent is available. The request is of the kind
      OMNIZE_REQUEST_OFF_HOURS. Afterwards, its InteractionHash is the hash of the new interaction. }
    procedure OffHours(const Department: UTF8String; Request: TOmnizeRequest);
    { Post the requests of Departments and AgentsOnline. TOmnizeEvent.Departments and Agents of the outcome are the
      lists. A store contains neither these requests nor their outcomes. }
    function PostDepartments(const ClientId: UTF8String): Int64;
    function PostAgentsOnline(const Department: UTF8String): Int64;
    { Posts the message of OffHours. TOmnizeEvent.InteractionHash of the outcome is the hash of the new interaction. }
    function PostOffHours(const Department: UTF8String; Request: TOmnizeRequest): Int64;
    { Returns the open interactions, with and without a conversation. With a store, the list includes those of earlier
      processes. The interaction with the oldest state change comes first. }
    function Interactions: TOmnizeInteractions;
    { Returns the posted requests that wait or are in progress, in the order of their tickets. }
    function Outbox: TOmnizeOutbox;
    { Returns their number. }
    function OutboxCount: Int64;
    { Cancels a posted request that waits. Its outcome has the status OMNIZE_E_CANCELLED. Raises OMNIZE_E_STATE if it is
      in progress, has ended, or is not in this outbox. }
    procedure Cancel(Ticket: Int64);
    { Blocks until all requests that were posted before have an outcome, at most TimeoutMs milliseconds (-1: no limit).
      If it raises, RequestsLeft of the exception is the number of remaining requests. }
    procedure Flush(TimeoutMs: Int64);
    { Pause and resume the sending of posted requests. Requests in progress continue. }
    procedure Pause;
    procedure Resume; function IsPaused: Boolean;
    { Waits up to TimeoutMs milliseconds for the next event (0: does not block; -1: no limit). The caller frees the
      event. Returns nil if none came in time. }
    function Next(TimeoutMs: Int64): TOmnizeEvent;
    { Posts a message to a window of Windows when events are queued, and again after each Next that leaves events in the
      queue. Window is the Handle of a form or of AllocateHWnd, as a pointer; nil ends the messages. }
    procedure WakeMessage(Window: Pointer; Message: LongWord);
    { Passes an inbound trigger: the body of a request that the application's own web server received. ContentType may
      be empty. }
    procedure Deliver(const Body: TOmnizeBytes; const ContentType: UTF8String);
    { Passes an inbound trigger as above, and decompresses its body. }
    procedure DeliverCompressed(const Body: TOmnizeBytes; const ContentType, ContentEncoding: UTF8String);
    { Returns the value of a statistic; OmnizeStatistics lists the names. TOmnizeSnapshot copies all of them. }
    function Statistic(const Name: UTF8String): Int64;
    { Closes the client. Blocks at most TimeoutMs milliseconds for requests in progress. Returns the number of
      undelivered events, and of aborted or unsent requests. }
    procedure Close(TimeoutMs: Int64; out EventsLeft, RequestsLeft: Int64);
    { The URL of the client's own webhook; empty if it has none. TOmnizeListener.Url returns the URL at a shared
      listener. }
    property WebhookUrl: UTF8String read GetWebhookUrl;
    { A descriptor that is readable exactly while events are queued. On Windows, raises OMNIZE_E_UNSUPPORTED. }
    property WakeDescriptor: Int64 read GetWakeDescriptor;
    { The HANDLE of an event of Windows that is signalled exactly while events are queued. The client owns it. On other
      systems, raises OMNIZE_E_UNSUPPORTED. }
    property WakeHandle: Pointer read GetWakeHandle;
    property Handle: TOmnizeClientHandle read FHandle;
  end;

{$I omnize_snapshot_declarations.inc}

  { A shared webhook listener: one address for the triggers of several clients, each at its own path. Leave their
    option listen unset. }
  TOmnizeListener = class
  private
    FHandle: TOmnizeListenerHandle;
  public
    { Opens the listener with the options that begin with listen, except listen.path. Needs no token. }
    constructor Create(Config: TOmnizeConfig);
    { Closes the listener with a timeout of 0. Its clients stay open. }
    destructor Destroy; override;
    { Attaches a client: from now on it receives the triggers posted to Path. If Path is empty, the library generates
      one with 128 random bits. }
    procedure Attach(Client: TOmnizeClient; const Path: UTF8String);
    { Detaches a client. The listener then responds with 404 at its path. }
    procedure Detach(Client: TOmnizeClient);
    { Returns the webhook URL of a client. Fails with OMNIZE_E_ARGUMENT if it is not attached. }
    function Url(Client: TOmnizeClient): UTF8String;
    { Returns the value of a counter of this listener; OmnizeStatistics lists the names. }
    function Statistic(const Name: UTF8String): Int64;
    { Closes the listener. Blocks at most TimeoutMs milliseconds for triggers that are being stored. Its clients stay
      open. }
    procedure Close(TimeoutMs: Int64);
    property Handle: TOmnizeListenerHandle read FHandle;
  end;

{$I omnize_library_declarations.inc}

implementation

{$I omnize_call.inc}
{$I omnize_config.inc}
{$I omnize_event.inc}
{$I omnize_request.inc}
{$I omnize_history.inc}
{$I omnize_conversation.inc}
{$I omnize_bot.inc}
{$I omnize_account.inc}
{$I omnize_outbox.inc}
{$I omnize_client.inc}
{$I omnize_snapshot.inc}
{$I omnize_listener.inc}
{$I omnize_library.inc}

end.
