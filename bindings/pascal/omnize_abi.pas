{ omnize_abi.pas: the functions of omnize.h, unchanged. For the reasons in omnize.pas, it has no
  omnize_client_subscribe, omnize_client_unsubscribe, omnize_client_poll, omnize_client_dispatch, omnize_event_keep,
  omnize_log_set and omnize_log_level_name. The constants are in omnize_constants.inc. }
unit omnize_abi;

{$IFDEF FPC}{$MODE DELPHI}{$ENDIF}
{$I omnize_platform.inc}

interface

const
{$IFDEF OMNIZE_STDCALL}
  OMNIZE_LIBRARY = 'omnize-stdcall.dll';
  OMNIZE_CONVENTION = 1; { the expected result of omnize_calling_convention }
{$ELSE}
  OMNIZE_CONVENTION = 0;
{$IFDEF MSWINDOWS}
  OMNIZE_LIBRARY = 'omnize.dll';
{$ELSE}{$IFDEF DARWIN}
  OMNIZE_LIBRARY = 'libomnize.dylib';
{$ELSE}{$IFDEF FPC}
  OMNIZE_LIBRARY = 'omnize'; { the linker's -lomnize }
{$ELSE}
  OMNIZE_LIBRARY = 'libomnize.so.0';
{$ENDIF}{$ENDIF}{$ENDIF}{$ENDIF}

type
  { Handles are values, not addresses. }
  TOmnizeErrorHandle = Pointer;
  TOmnizeConfigHandle = Pointer;
  TOmnizeClientHandle = Pointer;
  TOmnizeConversationHandle = Pointer;
  TOmnizeEventHandle = Pointer;
  TOmnizeListenerHandle = Pointer;
  TOmnizeInteractionsHandle = Pointer;
  TOmnizeRequestHandle = Pointer;
  TOmnizeDepartmentsHandle = Pointer;
  TOmnizeAgentsHandle = Pointer;
  TOmnizeHistoryHandle = Pointer;
  TOmnizeSnapshotHandle = Pointer;
  TOmnizeOutboxHandle = Pointer;

  { A variable for a result; may be nil. }
  POmnizeErrorHandle = ^TOmnizeErrorHandle;
  POmnizeNumber = ^Int64;

  { Destroys the data of TOmnizeConversation.SetUserData; may be nil. }
  TOmnizeDestroy = procedure(UserData: Pointer); {$IFDEF OMNIZE_STDCALL}stdcall{$ELSE}cdecl{$ENDIF};

function omnize_version: PAnsiChar; {$I omnize_import.inc}
function omnize_abi_version: Integer; {$I omnize_import.inc}
function omnize_calling_convention: Integer; {$I omnize_import.inc}
function omnize_has_feature(Name: PAnsiChar): Integer; {$I omnize_import.inc}
function omnize_status_name(Status: Integer): PAnsiChar; {$I omnize_import.inc}
function omnize_delivery_name(Delivery: Integer): PAnsiChar; {$I omnize_import.inc}
function omnize_check_level_name(Level: Integer): PAnsiChar; {$I omnize_import.inc}
function omnize_state_name(State: Integer): PAnsiChar; {$I omnize_import.inc}
function omnize_request_kind_name(Kind: Integer): PAnsiChar; {$I omnize_import.inc}
function omnize_media_kind_name(Kind: Integer): PAnsiChar; {$I omnize_import.inc}
function omnize_speaker_name(Speaker: Integer): PAnsiChar; {$I omnize_import.inc}
function omnize_status_description(Status: Integer): PAnsiChar; {$I omnize_import.inc}
function omnize_status_count: Integer; {$I omnize_import.inc}
function omnize_status_at(Index: Integer): Integer; {$I omnize_import.inc}
function omnize_error_status(Error: TOmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_error_message(Error: TOmnizeErrorHandle; Length: POmnizeNumber): PAnsiChar; {$I omnize_import.inc}
function omnize_error_http_status(Error: TOmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_error_retry_after(Error: TOmnizeErrorHandle): Int64; {$I omnize_import.inc}
function omnize_error_body(Error: TOmnizeErrorHandle; Length: POmnizeNumber): PAnsiChar; {$I omnize_import.inc}
function omnize_error_delivery(Error: TOmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_error_retryable(Error: TOmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_error_events_left(Error: TOmnizeErrorHandle): Int64; {$I omnize_import.inc}
function omnize_error_requests_left(Error: TOmnizeErrorHandle): Int64; {$I omnize_import.inc}
procedure omnize_error_free(Error: TOmnizeErrorHandle); {$I omnize_import.inc}
function omnize_config_new(out Config: TOmnizeConfigHandle; Error: POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_config_set(Config: TOmnizeConfigHandle; Name, Value: PAnsiChar; Error: POmnizeErrorHandle): Integer;
  {$I omnize_import.inc}
function omnize_config_get(Config: TOmnizeConfigHandle; Name: PAnsiChar; out Value: PAnsiChar; Error:
  POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_config_load_env(Config: TOmnizeConfigHandle; Error: POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_config_load_file(Config: TOmnizeConfigHandle; Path: PAnsiChar; Error: POmnizeErrorHandle): Integer;
  {$I omnize_import.inc}
procedure omnize_config_free(Config: TOmnizeConfigHandle); {$I omnize_import.inc}
function omnize_option_count: Integer; {$I omnize_import.inc}
function omnize_option_name(Index: Integer): PAnsiChar; {$I omnize_import.inc}
function omnize_option_type(Index: Integer): PAnsiChar; {$I omnize_import.inc}
function omnize_option_default(Index: Integer): PAnsiChar; {$I omnize_import.inc}
function omnize_option_description(Index: Integer): PAnsiChar; {$I omnize_import.inc}
function omnize_client_open(Config: TOmnizeConfigHandle; out Client: TOmnizeClientHandle; Error: POmnizeErrorHandle):
  Integer; {$I omnize_import.inc}
function omnize_client_webhook_url(Client: TOmnizeClientHandle; Length: POmnizeNumber): PAnsiChar;
  {$I omnize_import.inc}
function omnize_client_next(Client: TOmnizeClientHandle; TimeoutMs: Int64; out Event: TOmnizeEventHandle; Error:
  POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_client_wake_fd(Client: TOmnizeClientHandle; Descriptor: POmnizeNumber; Error: POmnizeErrorHandle):
  Integer; {$I omnize_import.inc}
function omnize_client_wake_handle(Client: TOmnizeClientHandle; out Handle: Pointer; Error: POmnizeErrorHandle):
  Integer; {$I omnize_import.inc}
function omnize_client_wake_message(Client: TOmnizeClientHandle; Window: Pointer; Message: LongWord; Error:
  POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_client_deliver(Client: TOmnizeClientHandle; Body: PAnsiChar; Length: Int64; ContentType: PAnsiChar;
  Error: POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_client_deliver_compressed(Client: TOmnizeClientHandle; Body: PAnsiChar; Length: Int64; ContentType,
  ContentEncoding: PAnsiChar; Error: POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_client_close(Client: TOmnizeClientHandle; TimeoutMs: Int64; EventsLeft, RequestsLeft: POmnizeNumber;
  Error: POmnizeErrorHandle): Integer; {$I omnize_import.inc}
procedure omnize_client_free(Client: TOmnizeClientHandle); {$I omnize_import.inc}
function omnize_conversation_start(Client: TOmnizeClientHandle; Department, ClientId, Name, Email, Phone, Cpf:
  PAnsiChar; out Conversation: TOmnizeConversationHandle; Error: POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_conversation_attach(Client: TOmnizeClientHandle; Department, ClientId: PAnsiChar; out Conversation:
  TOmnizeConversationHandle; Error: POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_conversation_prepare(Client: TOmnizeClientHandle; Department, ClientId: PAnsiChar; out Conversation:
  TOmnizeConversationHandle; Error: POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_conversation_post_start(Conversation: TOmnizeConversationHandle; Name, Email, Phone, Cpf: PAnsiChar;
  Ticket: PInt64; Error: POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_conversation_post(Conversation: TOmnizeConversationHandle; Text: PAnsiChar; Length: Int64; Ticket:
  PInt64; Error: POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_conversation_post_finish(Conversation: TOmnizeConversationHandle; Ticket: PInt64; Error:
  POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_conversation_keystroke(Conversation: TOmnizeConversationHandle; Error: POmnizeErrorHandle): Integer;
  {$I omnize_import.inc}
function omnize_conversation_next(Conversation: TOmnizeConversationHandle; TimeoutMs: Int64; out Event:
  TOmnizeEventHandle; Error: POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_conversation_set_user_data(Conversation: TOmnizeConversationHandle; UserData: Pointer; Destroy:
  TOmnizeDestroy; Error: POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_conversation_user_data(Conversation: TOmnizeConversationHandle): Pointer; {$I omnize_import.inc}
function omnize_conversation_set_timeout(Conversation: TOmnizeConversationHandle; TimeoutMs: Int64; Error:
  POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_conversation_state(Conversation: TOmnizeConversationHandle): Integer; {$I omnize_import.inc}
function omnize_event_outcome_ticket(Event: TOmnizeEventHandle): Int64; {$I omnize_import.inc}
function omnize_event_outcome_delivery(Event: TOmnizeEventHandle): Integer; {$I omnize_import.inc}
function omnize_event_outcome_status(Event: TOmnizeEventHandle): Integer; {$I omnize_import.inc}
function omnize_event_outcome_http_status(Event: TOmnizeEventHandle): Integer; {$I omnize_import.inc}
function omnize_event_outcome_reference(Event: TOmnizeEventHandle; Length: POmnizeNumber): PAnsiChar;
  {$I omnize_import.inc}
function omnize_event_outcome_request_kind(Event: TOmnizeEventHandle): Integer; {$I omnize_import.inc}
function omnize_event_outcome_posted_at(Event: TOmnizeEventHandle): Int64; {$I omnize_import.inc}
function omnize_conversation_send(Conversation: TOmnizeConversationHandle; Text: PAnsiChar; Length: Int64; Error:
  POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_conversation_typing(Conversation: TOmnizeConversationHandle; Error: POmnizeErrorHandle): Integer;
  {$I omnize_import.inc}
function omnize_conversation_cleared(Conversation: TOmnizeConversationHandle; Error: POmnizeErrorHandle): Integer;
  {$I omnize_import.inc}
function omnize_conversation_finish(Conversation: TOmnizeConversationHandle; Error: POmnizeErrorHandle): Integer;
  {$I omnize_import.inc}
function omnize_conversation_client_id(Conversation: TOmnizeConversationHandle; Length: POmnizeNumber): PAnsiChar;
  {$I omnize_import.inc}
function omnize_conversation_current_department(Conversation: TOmnizeConversationHandle; Length: POmnizeNumber):
  PAnsiChar; {$I omnize_import.inc}
function omnize_conversation_department(Conversation: TOmnizeConversationHandle; Length: POmnizeNumber): PAnsiChar;
  {$I omnize_import.inc}
procedure omnize_conversation_free(Conversation: TOmnizeConversationHandle); {$I omnize_import.inc}
function omnize_interactions_list(Client: TOmnizeClientHandle; out List: TOmnizeInteractionsHandle; Error:
  POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_interactions_count(List: TOmnizeInteractionsHandle): Int64; {$I omnize_import.inc}
function omnize_interactions_client_id(List: TOmnizeInteractionsHandle; Index: Int64; Length: POmnizeNumber): PAnsiChar;
  {$I omnize_import.inc}
function omnize_interactions_current_department(List: TOmnizeInteractionsHandle; Index: Int64; Length: POmnizeNumber):
  PAnsiChar; {$I omnize_import.inc}
function omnize_interactions_department(List: TOmnizeInteractionsHandle; Index: Int64; Length: POmnizeNumber):
  PAnsiChar; {$I omnize_import.inc}
function omnize_interactions_bot_id(List: TOmnizeInteractionsHandle; Index: Int64; Length: POmnizeNumber): PAnsiChar;
  {$I omnize_import.inc}
function omnize_interactions_state(List: TOmnizeInteractionsHandle; Index: Int64): Integer; {$I omnize_import.inc}
function omnize_interactions_since(List: TOmnizeInteractionsHandle; Index: Int64): Int64; {$I omnize_import.inc}
procedure omnize_interactions_free(List: TOmnizeInteractionsHandle); {$I omnize_import.inc}
function omnize_client_outbox_count(Client: TOmnizeClientHandle; Count: POmnizeNumber; Error: POmnizeErrorHandle):
  Integer; {$I omnize_import.inc}
function omnize_client_cancel(Client: TOmnizeClientHandle; Ticket: Int64; Error: POmnizeErrorHandle): Integer;
  {$I omnize_import.inc}
function omnize_conversation_cancel(Conversation: TOmnizeConversationHandle; Count: POmnizeNumber; Error:
  POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_client_flush(Client: TOmnizeClientHandle; TimeoutMs: Int64; Error: POmnizeErrorHandle): Integer;
  {$I omnize_import.inc}
function omnize_client_pause(Client: TOmnizeClientHandle; Error: POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_client_resume(Client: TOmnizeClientHandle; Error: POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_client_is_paused(Client: TOmnizeClientHandle): Integer; {$I omnize_import.inc}
function omnize_outbox_list(Client: TOmnizeClientHandle; out List: TOmnizeOutboxHandle; Error: POmnizeErrorHandle):
  Integer; {$I omnize_import.inc}
function omnize_outbox_count(List: TOmnizeOutboxHandle): Int64; {$I omnize_import.inc}
function omnize_outbox_ticket(List: TOmnizeOutboxHandle; Index: Int64): Int64; {$I omnize_import.inc}
function omnize_outbox_client_id(List: TOmnizeOutboxHandle; Index: Int64; Length: POmnizeNumber): PAnsiChar;
  {$I omnize_import.inc}
function omnize_outbox_reference(List: TOmnizeOutboxHandle; Index: Int64; Length: POmnizeNumber): PAnsiChar;
  {$I omnize_import.inc}
function omnize_outbox_request_kind(List: TOmnizeOutboxHandle; Index: Int64): Integer; {$I omnize_import.inc}
function omnize_outbox_age(List: TOmnizeOutboxHandle; Index: Int64): Int64; {$I omnize_import.inc}
function omnize_outbox_attempts(List: TOmnizeOutboxHandle; Index: Int64): Int64; {$I omnize_import.inc}
function omnize_outbox_in_progress(List: TOmnizeOutboxHandle; Index: Int64): Integer; {$I omnize_import.inc}
function omnize_outbox_last_status(List: TOmnizeOutboxHandle; Index: Int64): Integer; {$I omnize_import.inc}
function omnize_outbox_last_message(List: TOmnizeOutboxHandle; Index: Int64; Length: POmnizeNumber): PAnsiChar;
  {$I omnize_import.inc}
procedure omnize_outbox_free(List: TOmnizeOutboxHandle); {$I omnize_import.inc}
function omnize_event_kind(Event: TOmnizeEventHandle): Integer; {$I omnize_import.inc}
function omnize_event_kind_name(Kind: Integer): PAnsiChar; {$I omnize_import.inc}
function omnize_event_client_id(Event: TOmnizeEventHandle; Length: POmnizeNumber): PAnsiChar; {$I omnize_import.inc}
function omnize_event_text(Event: TOmnizeEventHandle; Length: POmnizeNumber): PAnsiChar; {$I omnize_import.inc}
function omnize_event_replaced(Event: TOmnizeEventHandle): Integer; {$I omnize_import.inc}
function omnize_event_raw(Event: TOmnizeEventHandle; Length: POmnizeNumber): PAnsiChar; {$I omnize_import.inc}
function omnize_event_sequence(Event: TOmnizeEventHandle): Int64; {$I omnize_import.inc}
function omnize_event_received_at(Event: TOmnizeEventHandle): Int64; {$I omnize_import.inc}
function omnize_event_redelivered(Event: TOmnizeEventHandle): Integer; {$I omnize_import.inc}
function omnize_event_ack(Event: TOmnizeEventHandle; Error: POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_event_nack(Event: TOmnizeEventHandle; Error: POmnizeErrorHandle): Integer; {$I omnize_import.inc}
procedure omnize_event_free(Event: TOmnizeEventHandle); {$I omnize_import.inc}
function omnize_conversation_attach_to(Client: TOmnizeClientHandle; Department, ClientId, InteractionHash: PAnsiChar;
  out Conversation: TOmnizeConversationHandle; Error: POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_conversation_interaction_hash(Conversation: TOmnizeConversationHandle; Length: POmnizeNumber):
  PAnsiChar; {$I omnize_import.inc}
function omnize_request_new(Client: TOmnizeClientHandle; Kind: Integer; out Request: TOmnizeRequestHandle; Error:
  POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_request_set(Request: TOmnizeRequestHandle; Name, Value: PAnsiChar; Length: Int64; Error:
  POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_request_new_for_conversation(Conversation: TOmnizeConversationHandle; Kind: Integer; out Request:
  TOmnizeRequestHandle; Error: POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_request_set_reference(Request: TOmnizeRequestHandle; Reference: PAnsiChar; Length: Int64; Error:
  POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_request_set_max_age(Request: TOmnizeRequestHandle; MaxAgeMs: Int64; Error: POmnizeErrorHandle): Integer;
  {$I omnize_import.inc}
function omnize_conversation_request(Conversation: TOmnizeConversationHandle; Request: TOmnizeRequestHandle; Error:
  POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_conversation_post_request(Conversation: TOmnizeConversationHandle; Request: TOmnizeRequestHandle;
  Ticket: PInt64; Error: POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_client_off_hours(Client: TOmnizeClientHandle; Department: PAnsiChar; Request: TOmnizeRequestHandle;
  Error: POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_client_post_off_hours(Client: TOmnizeClientHandle; Department: PAnsiChar; Request: TOmnizeRequestHandle;
  Ticket: PInt64; Error: POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_request_interaction_hash(Request: TOmnizeRequestHandle; Length: POmnizeNumber): PAnsiChar;
  {$I omnize_import.inc}
procedure omnize_request_free(Request: TOmnizeRequestHandle); {$I omnize_import.inc}
function omnize_event_position(Event: TOmnizeEventHandle): Int64; {$I omnize_import.inc}
function omnize_event_media_kind(Event: TOmnizeEventHandle): Integer; {$I omnize_import.inc}
function omnize_event_department(Event: TOmnizeEventHandle; Length: POmnizeNumber): PAnsiChar; {$I omnize_import.inc}
function omnize_event_agent_id(Event: TOmnizeEventHandle; Length: POmnizeNumber): PAnsiChar; {$I omnize_import.inc}
function omnize_event_agent_name(Event: TOmnizeEventHandle; Length: POmnizeNumber): PAnsiChar; {$I omnize_import.inc}
function omnize_event_media_url(Event: TOmnizeEventHandle; Length: POmnizeNumber): PAnsiChar; {$I omnize_import.inc}
function omnize_event_message_hash(Event: TOmnizeEventHandle; Length: POmnizeNumber): PAnsiChar; {$I omnize_import.inc}
function omnize_event_interaction_hash(Event: TOmnizeEventHandle; Length: POmnizeNumber): PAnsiChar;
  {$I omnize_import.inc}
function omnize_event_external_id(Event: TOmnizeEventHandle; Length: POmnizeNumber): PAnsiChar; {$I omnize_import.inc}
function omnize_event_bot_id(Event: TOmnizeEventHandle; Length: POmnizeNumber): PAnsiChar; {$I omnize_import.inc}
function omnize_event_extra(Event: TOmnizeEventHandle; Length: POmnizeNumber): PAnsiChar; {$I omnize_import.inc}
function omnize_departments_list(Client: TOmnizeClientHandle; ClientId: PAnsiChar; out List: TOmnizeDepartmentsHandle;
  Error: POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_departments_post(Client: TOmnizeClientHandle; ClientId: PAnsiChar; Ticket: PInt64; Error:
  POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_event_departments(Event: TOmnizeEventHandle; out List: TOmnizeDepartmentsHandle; Error:
  POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_departments_count(List: TOmnizeDepartmentsHandle): Int64; {$I omnize_import.inc}
function omnize_departments_id(List: TOmnizeDepartmentsHandle; Index: Int64; Length: POmnizeNumber): PAnsiChar;
  {$I omnize_import.inc}
function omnize_departments_name(List: TOmnizeDepartmentsHandle; Index: Int64; Length: POmnizeNumber): PAnsiChar;
  {$I omnize_import.inc}
function omnize_departments_open(List: TOmnizeDepartmentsHandle; Index: Int64): Integer; {$I omnize_import.inc}
function omnize_departments_queue(List: TOmnizeDepartmentsHandle; Index: Int64): Int64; {$I omnize_import.inc}
function omnize_departments_channel_count(List: TOmnizeDepartmentsHandle; Index: Int64): Int64; {$I omnize_import.inc}
function omnize_departments_channel_id(List: TOmnizeDepartmentsHandle; Index, Channel: Int64; Length: POmnizeNumber):
  PAnsiChar; {$I omnize_import.inc}
function omnize_departments_channel_name(List: TOmnizeDepartmentsHandle; Index, Channel: Int64; Length: POmnizeNumber):
  PAnsiChar; {$I omnize_import.inc}
function omnize_departments_channel_open(List: TOmnizeDepartmentsHandle; Index, Channel: Int64): Integer;
  {$I omnize_import.inc}
procedure omnize_departments_free(List: TOmnizeDepartmentsHandle); {$I omnize_import.inc}
function omnize_client_check(Client: TOmnizeClientHandle; TimeoutMs: Int64; Level: PInteger; Error: POmnizeErrorHandle):
  Integer; {$I omnize_import.inc}
function omnize_agents_online(Client: TOmnizeClientHandle; Department: PAnsiChar; out List: TOmnizeAgentsHandle; Error:
  POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_agents_post(Client: TOmnizeClientHandle; Department: PAnsiChar; Ticket: PInt64; Error:
  POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_event_agents(Event: TOmnizeEventHandle; out List: TOmnizeAgentsHandle; Error: POmnizeErrorHandle):
  Integer; {$I omnize_import.inc}
function omnize_agents_total(List: TOmnizeAgentsHandle): Int64; {$I omnize_import.inc}
function omnize_agents_average_seconds(List: TOmnizeAgentsHandle): Double; {$I omnize_import.inc}
function omnize_agents_count(List: TOmnizeAgentsHandle): Int64; {$I omnize_import.inc}
function omnize_agents_id(List: TOmnizeAgentsHandle; Index: Int64; Length: POmnizeNumber): PAnsiChar;
  {$I omnize_import.inc}
function omnize_agents_name(List: TOmnizeAgentsHandle; Index: Int64; Length: POmnizeNumber): PAnsiChar;
  {$I omnize_import.inc}
procedure omnize_agents_free(List: TOmnizeAgentsHandle); {$I omnize_import.inc}
function omnize_history_new(Client: TOmnizeClientHandle; out History: TOmnizeHistoryHandle; Error: POmnizeErrorHandle):
  Integer; {$I omnize_import.inc}
function omnize_history_add(History: TOmnizeHistoryHandle; Speaker: Integer; Name: PAnsiChar; At: Int64; Text:
  PAnsiChar; Length: Int64; Media: Integer; Url: PAnsiChar; Error: POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_history_json(History: TOmnizeHistoryHandle; Length: POmnizeNumber): PAnsiChar; {$I omnize_import.inc}
procedure omnize_history_free(History: TOmnizeHistoryHandle); {$I omnize_import.inc}
function omnize_bot_attach(Client: TOmnizeClientHandle; InteractionHash: PAnsiChar; out Conversation:
  TOmnizeConversationHandle; Error: POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_bot_accept(Conversation: TOmnizeConversationHandle; Error: POmnizeErrorHandle): Integer;
  {$I omnize_import.inc}
function omnize_bot_transfer(Conversation: TOmnizeConversationHandle; Department: PAnsiChar; Error: POmnizeErrorHandle):
  Integer; {$I omnize_import.inc}
function omnize_bot_post_accept(Conversation: TOmnizeConversationHandle; Ticket: PInt64; Error: POmnizeErrorHandle):
  Integer; {$I omnize_import.inc}
function omnize_bot_post_transfer(Conversation: TOmnizeConversationHandle; Department: PAnsiChar; Ticket: PInt64; Error:
  POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_statistic_count: Integer; {$I omnize_import.inc}
function omnize_statistic_name(Index: Integer): PAnsiChar; {$I omnize_import.inc}
function omnize_statistic_kind(Index: Integer): PAnsiChar; {$I omnize_import.inc}
function omnize_statistic_description(Index: Integer): PAnsiChar; {$I omnize_import.inc}
function omnize_client_statistic(Client: TOmnizeClientHandle; Name: PAnsiChar; Value: POmnizeNumber; Error:
  POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_client_snapshot(Client: TOmnizeClientHandle; out Snapshot: TOmnizeSnapshotHandle; Error:
  POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_snapshot_value(Snapshot: TOmnizeSnapshotHandle; Name: PAnsiChar; Value: POmnizeNumber; Error:
  POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_snapshot_bucket_count(Snapshot: TOmnizeSnapshotHandle): Int64; {$I omnize_import.inc}
function omnize_snapshot_bucket_limit(Snapshot: TOmnizeSnapshotHandle; Index: Int64): Int64; {$I omnize_import.inc}
function omnize_snapshot_bucket_attempts(Snapshot: TOmnizeSnapshotHandle; Index: Int64): Int64; {$I omnize_import.inc}
function omnize_snapshot_total_seconds(Snapshot: TOmnizeSnapshotHandle): Double; {$I omnize_import.inc}
function omnize_snapshot_json(Snapshot: TOmnizeSnapshotHandle; Length: POmnizeNumber): PAnsiChar; {$I omnize_import.inc}
function omnize_snapshot_prometheus(Snapshot: TOmnizeSnapshotHandle; Length: POmnizeNumber): PAnsiChar;
  {$I omnize_import.inc}
procedure omnize_snapshot_free(Snapshot: TOmnizeSnapshotHandle); {$I omnize_import.inc}
function omnize_listener_open(Config: TOmnizeConfigHandle; out Listener: TOmnizeListenerHandle; Error:
  POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_listener_attach(Listener: TOmnizeListenerHandle; Client: TOmnizeClientHandle; Path: PAnsiChar; Error:
  POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_listener_detach(Listener: TOmnizeListenerHandle; Client: TOmnizeClientHandle; Error:
  POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_listener_url(Listener: TOmnizeListenerHandle; Client: TOmnizeClientHandle; Length: POmnizeNumber):
  PAnsiChar; {$I omnize_import.inc}
function omnize_listener_statistic(Listener: TOmnizeListenerHandle; Name: PAnsiChar; Value: POmnizeNumber; Error:
  POmnizeErrorHandle): Integer; {$I omnize_import.inc}
function omnize_listener_close(Listener: TOmnizeListenerHandle; TimeoutMs: Int64; Error: POmnizeErrorHandle): Integer;
  {$I omnize_import.inc}
procedure omnize_listener_free(Listener: TOmnizeListenerHandle); {$I omnize_import.inc}

implementation

end.
