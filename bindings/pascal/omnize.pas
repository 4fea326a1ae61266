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

  omnize.h tells what each function does, blocks on and can fail with; here is what this unit adds to it.

  Errors. What is a failed status in C is an exception here, EOmnizeError.

  Objects are the application's to free, in any order. A conversation whose client was freed raises OMNIZE_E_CLOSED.

  Events are taken with TOmnizeClient.Next, in a loop, a timer or a thread of the application. Callbacks are left out:
  they could come on threads that Pascal's runtime does not know.

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

const
  { Each is explained at its twin in omnize.h. }
  OMNIZE_OK = 0; OMNIZE_E_HANDLE = 1; OMNIZE_E_ARGUMENT = 2; OMNIZE_E_ENCODING = 3; OMNIZE_E_PANIC = 4;
  OMNIZE_E_FORKED = 5; OMNIZE_E_CLOSED = 6; OMNIZE_E_MODE = 7; OMNIZE_E_TIMEOUT = 8; OMNIZE_E_SYSTEM = 9;
  OMNIZE_E_OPTION = 20; OMNIZE_E_VALUE = 21; OMNIZE_E_FILE = 22; OMNIZE_E_TOKEN = 23; OMNIZE_E_DEPARTMENT = 24;
  OMNIZE_E_CLIENT_ID = 25; OMNIZE_E_UNREACHABLE = 40; OMNIZE_E_REFUSED = 41; OMNIZE_E_TLS = 42; OMNIZE_E_LOST = 43;
  OMNIZE_E_PROTOCOL = 44; OMNIZE_E_ANSWER_TOO_LARGE = 45; OMNIZE_E_REJECTED = 46; OMNIZE_E_SERVICE = 47;
  OMNIZE_E_FAILED = 48; OMNIZE_E_PROXY = 49; OMNIZE_E_CUSTOMER = 50; OMNIZE_E_LISTEN = 60; OMNIZE_E_NOT_JSON = 61;
  OMNIZE_E_NO_CLIENT_ID = 62; OMNIZE_E_FULL = 63; OMNIZE_E_UNSUPPORTED = 64; OMNIZE_E_STORE = 65; OMNIZE_E_STATE = 51;
  OMNIZE_E_INTERACTION = 52; OMNIZE_E_ANSWER = 53;

  OMNIZE_DELIVERY_NONE = 0; OMNIZE_DELIVERY_ACCEPTED = 1; OMNIZE_DELIVERY_REJECTED = 2; OMNIZE_DELIVERY_NOT_SENT = 3;
  OMNIZE_DELIVERY_UNKNOWN = 4;

  OMNIZE_EVENT_ANY = 0; OMNIZE_EVENT_UNKNOWN = 1; OMNIZE_EVENT_ACCEPTED = 2; OMNIZE_EVENT_UNAVAILABLE = 3;
  OMNIZE_EVENT_FINISH = 4; OMNIZE_EVENT_TYPING = 5; OMNIZE_EVENT_CLEARED = 6; OMNIZE_EVENT_MESSAGE = 7;
  OMNIZE_EVENT_QUEUED = 8; OMNIZE_EVENT_TRANSFERRED = 9; OMNIZE_EVENT_NEW_INTERACTION = 10; OMNIZE_EVENT_OUTCOME = 100;
  OMNIZE_MEDIA_NONE = 0; OMNIZE_MEDIA_IMAGE = 1; OMNIZE_MEDIA_VIDEO = 2; OMNIZE_MEDIA_AUDIO = 3; OMNIZE_MEDIA_FILE = 4;
  OMNIZE_REQUEST_START = 1; OMNIZE_REQUEST_MESSAGE = 2; OMNIZE_REQUEST_UPDATE = 3; OMNIZE_REQUEST_WHATSAPP = 4;
  OMNIZE_REQUEST_OFF_HOURS = 5; OMNIZE_SPEAKER_CUSTOMER = 1; OMNIZE_SPEAKER_AGENT = 2; OMNIZE_SPEAKER_BOT = 3;

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
  end;

  { The options of clients that are to be opened. The documentation lists them, and omnize_option_name. }
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

  { One trigger that the service posted. }
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
  public
    { Takes over an event of the application's own, as TOmnizeClient.Next does. }
    constructor CreateFrom(Handle: TOmnizeEventHandle);
    destructor Destroy; override;
    { What it says: an OMNIZE_EVENT_ value, to which a later library may add. }
    property Kind: Integer read GetKind;
    { The name of the kind, such as "accepted"; empty for one that this library does not know. }
    property KindName: UTF8String read GetKindName;
    { The id that the application gave the customer. }
    property ClientId: UTF8String read GetClientId;
    { The agent's message, which may hold #0; empty for other kinds. }
    property Text: UTF8String read GetText;
    { The trigger's body, byte for byte as the service posted it. }
    property Raw: TOmnizeBytes read GetRaw;
    { Whether client id and text are not all that the service sent; Raw is. }
    property Replaced: Boolean read GetReplaced;
    { Its place in the order in which its client received, from 1. }
    property Sequence: Int64 read GetSequence;
    { Says that it is handled. Needed only where the option ack is manual. }
    procedure Ack;
    { Whether an earlier run of the application received it, so that it comes again from the store. }
    property Redelivered: Boolean read GetRedelivered;
    { When it was received, by this machine's clock, in UTC. }
    property ReceivedAt: TDateTime read GetReceivedAt;
    property Handle: TOmnizeEventHandle read FHandle;
  end;

  { One customer's interaction, made by TOmnizeClient.Start and Attach. Its requests block until the service has
    answered, at the most for as long as the option timeout says; where one raises an EOmnizeError, Delivery tells what
    became of it. Freeing it sends nothing. }
  TOmnizeConversation = class
  private
    FHandle: TOmnizeConversationHandle;
    function GetClientId: UTF8String;
    function GetDepartment: UTF8String;
  public
    { Takes over a conversation of the application's own, as TOmnizeClient.Start does. }
    constructor CreateFrom(Handle: TOmnizeConversationHandle);
    destructor Destroy; override;
    { Sends the customer's message. }
    procedure Send(const Text: UTF8String);
    { Says that the customer types. }
    procedure Typing;
    { Says that the customer has stopped typing. }
    procedure Cleared;
    { Finishes the interaction. }
    procedure Finish;
    property ClientId: UTF8String read GetClientId;
    property Department: UTF8String read GetDepartment;
    property Handle: TOmnizeConversationHandle read FHandle;
  end;

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
    { Takes up an interaction that is already running. Sends nothing. }
    function Attach(const Department, ClientId: UTF8String): TOmnizeConversation;
    { Waits up to TimeoutMs milliseconds (0: not at all; -1: without bound) for the next event, which is the caller's to
      free; nil where none came. }
    function Next(TimeoutMs: Int64): TOmnizeEvent;
    { Hands over the body of a trigger that the application's own web server received; ContentType may be empty. }
    procedure Deliver(const Body: TOmnizeBytes; const ContentType: UTF8String);
    { How often the thing of this name was counted; omnize_statistic_name tells the names. }
    function Statistic(const Name: UTF8String): Int64;
    { Closes it, waiting up to TimeoutMs milliseconds for requests under way. Tells how many events the application was
      not given, and how many requests were broken off. }
    procedure Close(TimeoutMs: Int64; out EventsLeft, RequestsLeft: Int64);
    { The webhook's URL as it is reached on this machine; empty where there is no listener. }
    property WebhookUrl: UTF8String read GetWebhookUrl;
    { A descriptor that is readable exactly while events wait. }
    property WakeDescriptor: Int64 read GetWakeDescriptor;
    property Handle: TOmnizeClientHandle read FHandle;
  end;

implementation

type
  TTextFunction = function(Handle: Pointer; Length: POmnizeNumber): PAnsiChar; cdecl;

{ Moved, because the bytes may hold #0, and because an UTF8String keeps its encoding this way. }
function TextOf(Bytes: PAnsiChar; Length: Int64): UTF8String;
begin
  SetLength(Result, Length);
  if Length > 0 then Move(Bytes^, Result[1], Length);
end;

{ An error that the library knows nothing of. }
function Failure(Status: Integer; const Message: string): EOmnizeError;
begin
  Result := EOmnizeError.Create(Message);
  Result.FStatus := Status;
end;

function BytesFrom(Read: TTextFunction; Handle: Pointer): TOmnizeBytes;
var
  Bytes: PAnsiChar;
  Length: Int64;
begin
  Bytes := Read(Handle, @Length);
  if Bytes = nil then raise Failure(OMNIZE_E_HANDLE, 'the handle was freed');
  SetLength(Result, Length);
  if Length > 0 then Move(Bytes^, Result[1], Length);
end;

function TextFrom(Read: TTextFunction; Handle: Pointer): UTF8String;
var Bytes: TOmnizeBytes;
begin
  Bytes := BytesFrom(Read, Handle);
  Result := TextOf(PAnsiChar(Bytes), Length(Bytes));
end;

{ A message as SysUtils holds it. }
function MessageOf(const Text: UTF8String): string;
begin
{$IFDEF UNICODE}
  Result := string(Text);
{$ELSE}{$IFDEF FPC}
  Result := RawByteString(Text); { stays UTF-8, and says so: nothing is lost without a widestring manager }
{$ELSE}
  Result := Utf8ToAnsi(Text);
{$ENDIF}{$ENDIF}
end;

constructor EOmnizeError.CreateFrom(Status: Integer; Handle: TOmnizeErrorHandle);
var
  Text: PAnsiChar;
  Length: Int64;
begin
  Text := omnize_error_message(Handle, @Length);
  if Text <> nil then inherited Create(MessageOf(TextOf(Text, Length)))
  else inherited CreateFmt('status %d', [Status]); { in a forked child, or without memory for an error }
  FStatus := Status;
  FDelivery := omnize_error_delivery(Handle);
  FHttpStatus := omnize_error_http_status(Handle);
  FRetryable := omnize_error_retryable(Handle) <> 0;
  if Text <> nil then FBody := BytesFrom(omnize_error_body, Handle);
  omnize_error_free(Handle);
end;

{ Raises what a call failed with. Error is read here, after the call that is the first argument. }
procedure Check(Status: Integer; Error: POmnizeErrorHandle);
begin
  if Status <> OMNIZE_OK then raise EOmnizeError.CreateFrom(Status, Error^);
end;

{ A text for a function that reads it up to its #0. }
function Whole(const Text: UTF8String): PAnsiChar;
begin
  if Pos(#0, Text) > 0 then raise Failure(OMNIZE_E_ARGUMENT, 'a text holds #0, and what follows it would be lost');
  Result := PAnsiChar(Text);
end;

{ The same; nil where it is empty. }
function WholeOrNil(const Text: UTF8String): PAnsiChar;
begin
  if Text = '' then Result := nil else Result := Whole(Text);
end;

constructor TOmnizeConfig.Create;
var Error: TOmnizeErrorHandle;
begin
  inherited Create;
  Check(omnize_config_new(FHandle, @Error), @Error);
end;

destructor TOmnizeConfig.Destroy;
begin
  omnize_config_free(FHandle);
  inherited Destroy;
end;

function TOmnizeConfig.GetOption(const Name: UTF8String): UTF8String;
var
  Error: TOmnizeErrorHandle;
  Value: PAnsiChar;
begin
  Check(omnize_config_get(FHandle, Whole(Name), Value, @Error), @Error);
  Result := TextOf(Value, StrLen(Value));
end;

procedure TOmnizeConfig.SetOption(const Name, Value: UTF8String);
var Error: TOmnizeErrorHandle;
begin
  Check(omnize_config_set(FHandle, Whole(Name), Whole(Value), @Error), @Error);
end;

procedure TOmnizeConfig.LoadEnvironment;
var Error: TOmnizeErrorHandle;
begin
  Check(omnize_config_load_env(FHandle, @Error), @Error);
end;

procedure TOmnizeConfig.LoadFile(const Path: UTF8String);
var Error: TOmnizeErrorHandle;
begin
  Check(omnize_config_load_file(FHandle, Whole(Path), @Error), @Error);
end;

constructor TOmnizeEvent.CreateFrom(Handle: TOmnizeEventHandle);
begin
  inherited Create;
  FHandle := Handle;
end;

destructor TOmnizeEvent.Destroy;
begin
  omnize_event_free(FHandle);
  inherited Destroy;
end;

function TOmnizeEvent.GetKind: Integer;
begin Result := omnize_event_kind(FHandle); end;

function TOmnizeEvent.GetKindName: UTF8String;
var Name: PAnsiChar;
begin
  Name := omnize_event_kind_name(GetKind);
  if Name = nil then Result := '' else Result := TextOf(Name, StrLen(Name));
end;

function TOmnizeEvent.GetClientId: UTF8String;
begin Result := TextFrom(omnize_event_client_id, FHandle); end;

function TOmnizeEvent.GetText: UTF8String;
begin Result := TextFrom(omnize_event_text, FHandle); end;

function TOmnizeEvent.GetRaw: TOmnizeBytes;
begin Result := BytesFrom(omnize_event_raw, FHandle); end;

function TOmnizeEvent.GetReplaced: Boolean;
begin Result := omnize_event_replaced(FHandle) <> 0; end;

procedure TOmnizeEvent.Ack;
var Error: TOmnizeErrorHandle;
begin
  Check(omnize_event_ack(FHandle, @Error), @Error);
end;

function TOmnizeEvent.GetRedelivered: Boolean;
begin Result := omnize_event_redelivered(FHandle) <> 0; end;

function TOmnizeEvent.GetSequence: Int64;
begin Result := omnize_event_sequence(FHandle); end;

function TOmnizeEvent.GetReceivedAt: TDateTime;
const
  Day1970 = 25569; { counted as TDateTime counts }
  MillisecondsOfDay = 86400000;
begin
  Result := Day1970 + omnize_event_received_at(FHandle) / MillisecondsOfDay;
end;

constructor TOmnizeConversation.CreateFrom(Handle: TOmnizeConversationHandle);
begin
  inherited Create;
  FHandle := Handle;
end;

destructor TOmnizeConversation.Destroy;
begin
  omnize_conversation_free(FHandle);
  inherited Destroy;
end;

procedure TOmnizeConversation.Send(const Text: UTF8String);
var Error: TOmnizeErrorHandle;
begin
  Check(omnize_conversation_send(FHandle, PAnsiChar(Text), Length(Text), @Error), @Error);
end;

procedure TOmnizeConversation.Typing;
var Error: TOmnizeErrorHandle;
begin
  Check(omnize_conversation_typing(FHandle, @Error), @Error);
end;

procedure TOmnizeConversation.Cleared;
var Error: TOmnizeErrorHandle;
begin
  Check(omnize_conversation_cleared(FHandle, @Error), @Error);
end;

procedure TOmnizeConversation.Finish;
var Error: TOmnizeErrorHandle;
begin
  Check(omnize_conversation_finish(FHandle, @Error), @Error);
end;

function TOmnizeConversation.GetClientId: UTF8String;
begin Result := TextFrom(omnize_conversation_client_id, FHandle); end;

function TOmnizeConversation.GetDepartment: UTF8String;
begin Result := TextFrom(omnize_conversation_department, FHandle); end;

constructor TOmnizeClient.Create(Config: TOmnizeConfig);
var Error: TOmnizeErrorHandle;
begin
  inherited Create;
  Check(omnize_client_open(Config.Handle, FHandle, @Error), @Error);
end;

destructor TOmnizeClient.Destroy;
begin
  omnize_client_free(FHandle);
  inherited Destroy;
end;

function TOmnizeClient.Start(const Department, ClientId, Name, Email, Phone, Cpf: UTF8String): TOmnizeConversation;
var
  Error: TOmnizeErrorHandle;
  Started: TOmnizeConversationHandle;
begin
  Check(omnize_conversation_start(FHandle, Whole(Department), Whole(ClientId), WholeOrNil(Name), WholeOrNil(Email),
    WholeOrNil(Phone), WholeOrNil(Cpf), Started, @Error), @Error);
  Result := TOmnizeConversation.CreateFrom(Started);
end;

function TOmnizeClient.Attach(const Department, ClientId: UTF8String): TOmnizeConversation;
var
  Error: TOmnizeErrorHandle;
  Attached: TOmnizeConversationHandle;
begin
  Check(omnize_conversation_attach(FHandle, Whole(Department), Whole(ClientId), Attached, @Error), @Error);
  Result := TOmnizeConversation.CreateFrom(Attached);
end;

function TOmnizeClient.Next(TimeoutMs: Int64): TOmnizeEvent;
var
  Error: TOmnizeErrorHandle;
  Came: TOmnizeEventHandle;
begin
  Check(omnize_client_next(FHandle, TimeoutMs, Came, @Error), @Error);
  if Came = nil then Result := nil else Result := TOmnizeEvent.CreateFrom(Came);
end;

procedure TOmnizeClient.Deliver(const Body: TOmnizeBytes; const ContentType: UTF8String);
var Error: TOmnizeErrorHandle;
begin
  Check(omnize_client_deliver(FHandle, PAnsiChar(Body), Length(Body), WholeOrNil(ContentType), @Error), @Error);
end;

function TOmnizeClient.Statistic(const Name: UTF8String): Int64;
var Error: TOmnizeErrorHandle;
begin
  Check(omnize_client_statistic(FHandle, Whole(Name), @Result, @Error), @Error);
end;

procedure TOmnizeClient.Close(TimeoutMs: Int64; out EventsLeft, RequestsLeft: Int64);
var Error: TOmnizeErrorHandle;
begin
  Check(omnize_client_close(FHandle, TimeoutMs, @EventsLeft, @RequestsLeft, @Error), @Error);
end;

function TOmnizeClient.GetWebhookUrl: UTF8String;
begin Result := TextFrom(omnize_client_webhook_url, FHandle); end;

function TOmnizeClient.GetWakeDescriptor: Int64;
var Error: TOmnizeErrorHandle;
begin
  Check(omnize_client_wake_fd(FHandle, @Result, @Error), @Error);
end;

end.
