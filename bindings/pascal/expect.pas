{ What the tests of omnize.pas are written with. }
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

{ The error that a call fails with, in the caller's hands. }
function FailureOf(Call: TCall): EOmnizeError;
function StatusOf(Call: TCall): Integer;
{ Runs a test, and tells what became of it. }
procedure Test(const Name: string; Call: TCall);
{ Ends the program with another status than 0 if a test has failed. }
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
