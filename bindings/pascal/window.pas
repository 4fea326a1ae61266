{ A conversation in a program with a window, as a Delphi form has it: nothing waits for events. Windows delivers a message when
  events are queued. A form uses its own Handle and a message method instead of this window; README.md shows it.
  The options come from the environment, as for chat.pas. Department 1 has an agent. }
program window;

{$IFDEF FPC}{$MODE DELPHI}{$ENDIF}
{$APPTYPE CONSOLE}

uses
  SysUtils, Windows, Messages, omnize;

const
  WM_OMNIZE = WM_APP + 1;
  MESSAGES_ONLY = HWND(-3); { the parent of windows that are never shown (HWND_MESSAGE) }

var
  Client: TOmnizeClient;
  Chat: TOmnizeConversation;

{ Handles the queued events. The next message comes with the next event. }
procedure HandleEvents;
var
  Event: TOmnizeEvent;
begin
  Event := Client.Next(0);
  while Event <> nil do
  begin
    try
      WriteLn(Event.ClientId, ': agent ', Event.KindName, ' ', Event.Text);
      Flush(Output);
      if Event.Kind = OMNIZE_EVENT_ACCEPTED then Chat.Post('Obrigado, tchau');
      if Event.Kind = OMNIZE_EVENT_FINISH then PostQuitMessage(0);
    finally
      Event.Free;
    end;
    Event := Client.Next(0);
  end;
end;

function WindowProcedure(Window: HWND; Message: UINT; First: WPARAM; Second: LPARAM): LRESULT; stdcall;
begin
  Result := 0;
  if Message = WM_OMNIZE then HandleEvents
  else Result := DefWindowProc(Window, Message, First, Second);
end;

function NewWindow: HWND;
var
  WindowClass: TWndClass;
begin
  FillChar(WindowClass, SizeOf(WindowClass), 0);
  WindowClass.lpfnWndProc := @WindowProcedure;
  WindowClass.hInstance := HInstance;
  WindowClass.lpszClassName := 'OmnizeWindow';
  Windows.RegisterClass(WindowClass);
  Result := CreateWindow('OmnizeWindow', '', 0, 0, 0, 0, 0, MESSAGES_ONLY, 0, HInstance, nil);
  if Result = 0 then RaiseLastOSError;
end;

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
  WriteLn('webhook: ', Client.WebhookUrl);
  Flush(Output);
  ReadLn;
end;

procedure RunMessageLoop;
var
  Message: TMsg;
begin
  while GetMessage(Message, 0, 0, 0) do DispatchMessage(Message);
end;

var
  Window: HWND;
  EventsLeft, RequestsLeft: Int64;
begin
  OpenClient;
  Window := NewWindow;
  try
    Client.WakeMessage(Pointer(Window), WM_OMNIZE);
    WaitForOperator;
    Chat := Client.Start('1', '12', 'Joao', '', '', '');
    RunMessageLoop;
    Client.WakeMessage(nil, 0); { before the window is destroyed }
    DestroyWindow(Window);
    Client.Close(5000, EventsLeft, RequestsLeft);
  finally
    Chat.Free;
    Client.Free;
  end;
end.
