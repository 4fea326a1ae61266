{ Procedures for the tests of omnize.pas. }
unit expect;

{$IFDEF FPC}{$MODE DELPHI}{$ENDIF}
{$ASSERTIONS ON}

interface

uses
  SysUtils, omnize;

const
  OI: UTF8String = '{"message": "Oi", "clientId": "12"}';

type
  TCall = procedure;

{ Returns the error that a call fails with. The caller frees it. }
function FailureOf(Call: TCall): EOmnizeError;
function StatusOf(Call: TCall): Integer;
{ Waits for the next event of a kind, and skips other kinds. It replaces the previous event. }
procedure Await(Client: TOmnizeClient; Kind: Integer; var Event: TOmnizeEvent);
{ Requests the sandbox's operator to set a webhook or a bot's endpoint in the portal. }
procedure LetOperatorSet(const What, Url: UTF8String);
{ Runs a test, and prints its result. }
procedure Test(const Name: string; Call: TCall);
{ Ends the program with a status other than 0 if a test failed. }
procedure Judge;

implementation

function FailureOf(Call: TCall): EOmnizeError;
begin
  Result := nil;
  try
    Call;
  except
    on Error: EOmnizeError do Result := EOmnizeError(AcquireExceptionObject);
  end;
  Assert(Result <> nil, 'it did not fail');
end;

function StatusOf(Call: TCall): Integer;
var
  Error: EOmnizeError;
begin
  Error := FailureOf(Call);
  Result := Error.Status;
  Error.Free;
end;

procedure Await(Client: TOmnizeClient; Kind: Integer; var Event: TOmnizeEvent);
begin
  repeat
    FreeAndNil(Event);
    Event := Client.Next(20000);
    Assert(Event <> nil, 'no event came');
    Assert((Event.Kind = OMNIZE_EVENT_OUTCOME) or (Event.OutcomeTicket = 0));
  until Event.Kind = Kind;
end;

procedure LetOperatorSet(const What, Url: UTF8String);
begin
  WriteLn(What, ': ', Url);
  Flush(Output);
  ReadLn;
end;

var
  Failed: Integer = 0;

procedure Test(const Name: string; Call: TCall);
begin
  try
    Call;
    WriteLn('ok ', Name);
  except
    on Error: Exception do
    begin
      Inc(Failed);
      WriteLn('FAIL ', Name, ': ', Error.Message);
    end;
  end;
end;

procedure Judge;
begin
  if Failed > 0 then Halt(1);
end;

end.
