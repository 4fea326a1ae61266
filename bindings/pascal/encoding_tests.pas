{ Tests of the encodings of Delphi 7's strings: an AnsiString with encoding = acp, and a WideString with encoding =
  utf-16le. They use omnize_abi, because the strings of omnize.pas are UTF-8. Run by "omnize sandbox --agent 1=echo",
  which sets token and base_url. Other systems than Windows have no ANSI code page, so windows-1252 is used there. }
program encoding_tests;

{$IFDEF FPC}{$MODE DELPHI}{$ENDIF}
{$IFDEF MSWINDOWS}{$APPTYPE CONSOLE}{$ENDIF}
{$ASSERTIONS ON}

uses
  {$IFDEF MSWINDOWS}Windows, {$ENDIF}SysUtils, omnize_abi;

{$I omnize_constants.inc}

const
  { "Olá, João" and the client id "joão". }
  Greeting: WideString = 'Ol'#$00E1', Jo'#$00E3'o';
  Customer: WideString = 'jo'#$00E3'o';

type
  { Converts a text to the bytes of an encoding, with the NUL of the encoding. }
  TEncode = function(const Text: WideString): AnsiString;

procedure Check(Status: Integer; Error: TOmnizeErrorHandle);
begin
  if Status = OMNIZE_OK then Exit;
  WriteLn(omnize_status_name(Status), ': ', omnize_error_message(Error, nil));
  Halt(1);
end;

function OpenClient(const Encoding: AnsiString): TOmnizeClientHandle;
var
  Config: TOmnizeConfigHandle;
  Error: TOmnizeErrorHandle;
begin
  Error := nil;
  Assert(omnize_calling_convention() = OMNIZE_CONVENTION);
  Check(omnize_config_new(Config, @Error), Error);
  Check(omnize_config_set(Config, 'encoding', PAnsiChar(Encoding), @Error), Error);
  Check(omnize_config_set(Config, 'listen', '127.0.0.1:0', @Error), Error);
  Check(omnize_config_load_env(Config, @Error), Error);
  Check(omnize_client_open(Config, Result, @Error), Error);
  omnize_config_free(Config);
  WriteLn('webhook: ', omnize_client_webhook_url(Result, nil));
  Flush(Output);
  ReadLn;
end;

function NextOf(Client: TOmnizeClientHandle; Kind: Integer): TOmnizeEventHandle;
var Error: TOmnizeErrorHandle;
begin
  Error := nil;
  repeat
    Check(omnize_client_next(Client, 20000, Result, @Error), Error);
    Assert(Result <> nil, 'no event came');
    if omnize_event_kind(Result) = Kind then Exit;
    omnize_event_free(Result);
  until False;
end;

{ Fails unless these bytes have the expected length and content, and a NUL of Unit bytes follows them. }
procedure Compare(Bytes: PAnsiChar; Length: Int64; const Expected: AnsiString; UnitSize: Integer);
var Size: Integer;
begin
  Size := System.Length(Expected) - UnitSize;
  Assert(Length = Size, 'the length is ' + IntToStr(Length));
  Assert(CompareMem(Bytes, PAnsiChar(Expected), Size + UnitSize), 'the text differs');
end;

{ Holds a conversation in an encoding. The agent sends each message back. }
procedure Converse(const Encoding: AnsiString; Encode: TEncode; UnitSize: Integer);
var
  Client: TOmnizeClientHandle;
  Chat: TOmnizeConversationHandle;
  Event: TOmnizeEventHandle;
  Error: TOmnizeErrorHandle;
  Department, Id, Text: AnsiString;
  Bytes: PAnsiChar;
  Length: Int64;
  I: Integer;
begin
  Error := nil;
  Client := OpenClient(Encoding);
  Department := Encode('1');
  Id := Encode(Customer);
  Text := Encode(Greeting);
  Check(omnize_conversation_start(Client, PAnsiChar(Department), PAnsiChar(Id), PAnsiChar(Text), nil, nil, nil, Chat,
    @Error), Error);
  omnize_event_free(NextOf(Client, OMNIZE_EVENT_ACCEPTED));
  { Up to the NUL, and with a length in bytes. }
  for I := 1 to 2 do
  begin
    if I = 1 then Length := -1 else Length := System.Length(Text) - UnitSize;
    Check(omnize_conversation_send(Chat, PAnsiChar(Text), Length, @Error), Error);
    Event := NextOf(Client, OMNIZE_EVENT_MESSAGE);
    Bytes := omnize_event_text(Event, @Length);
    Compare(Bytes, Length, Text, UnitSize);
    Bytes := omnize_event_client_id(Event, @Length);
    Compare(Bytes, Length, Id, UnitSize);
    omnize_event_free(Event);
  end;
  Check(omnize_conversation_finish(Chat, @Error), Error);
  omnize_conversation_free(Chat);
  omnize_client_free(Client);
  WriteLn('ok ', Encoding);
end;

function InUtf16(const Text: WideString): AnsiString;
begin
  SetLength(Result, Length(Text) * 2 + 2);
  Move(PWideChar(Text)^, Result[1], Length(Result));
end;

{$IFDEF MSWINDOWS}
function InCodePage(Page: Cardinal; const Text: WideString): AnsiString;
begin
  SetLength(Result, Length(Text) * 2 + 1);
  SetLength(Result, WideCharToMultiByte(Page, 0, PWideChar(Text), Length(Text), PAnsiChar(Result), Length(Result), nil,
    nil));
  Result := Result + #0;
end;

function InAnsi(const Text: WideString): AnsiString;
begin Result := InCodePage(CP_ACP, Text); end;

function InOem(const Text: WideString): AnsiString;
begin Result := InCodePage(CP_OEMCP, Text); end;
{$ELSE}
function InLatin1(const Text: WideString): AnsiString;
var I: Integer;
begin
  SetLength(Result, Length(Text) + 1);
  for I := 1 to Length(Text) do Result[I] := AnsiChar(Ord(Text[I]));
  Result[Length(Result)] := #0;
end;
{$ENDIF}

begin
  Converse('utf-16le', InUtf16, 2);
{$IFDEF MSWINDOWS}
  WriteLn('code pages ', GetACP, ' and ', GetOEMCP);
  Converse('acp', InAnsi, 1);
  Converse('oem', InOem, 1);
{$ELSE}
  Converse('windows-1252', InLatin1, 1);
{$ENDIF}
end.
