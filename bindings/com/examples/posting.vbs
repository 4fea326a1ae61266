' A chat that never waits for the service, as examples/c/posting.c has it: it posts its requests, and receives their
' outcomes as events.
'
'     cscript //nologo posting.vbs
'
' The options come from the environment, as in chat.vbs. The agent of department 1 repeats each message.

Option Explicit

Const SECONDS_TO_WAIT = 20

' Values of the type library. A script can't read them from there.
Const OMNIZE_EVENT_ACCEPTED = 2
Const OMNIZE_EVENT_MESSAGE = 7
Const OMNIZE_EVENT_OUTCOME = 100
Const OMNIZE_DELIVERY_ACCEPTED = 1
Const OMNIZE_DELIVERY_REJECTED = 2
Const OMNIZE_DELIVERY_NOT_SENT = 3

Dim client, chat, posted, isOver
Set posted = CreateObject("Scripting.Dictionary")
Set client = CreateObject("Omnize.Client")
client.Option("listen") = "127.0.0.1:0"
client.LoadEnvironment
client.Open

' With an argument, the program does not wait for the operator, as chat.vbs.
WScript.Echo "Set this webhook URL in the portal, then press Enter."
WScript.Echo "webhook: " & client.WebhookUrl
If WScript.Arguments.Count = 0 Then WScript.StdIn.ReadLine

Set chat = client.Prepare("1", "12")
posted(chat.PostStart("Joao")) = "start"
isOver = False
Do Until isOver
    Dim e
    Set e = client.NextEvent(SECONDS_TO_WAIT * 1000)
    If e Is Nothing Then
        WScript.Echo "nothing came"
        WScript.Quit 1
    End If
    Receive e
Loop
client.Close 5000

Sub Receive(e)
    If e.Kind = OMNIZE_EVENT_OUTCOME Then
        PrintOutcome e
        Exit Sub
    End If
    WScript.Echo "agent: " & e.KindName & " " & e.Text
    If e.Kind = OMNIZE_EVENT_ACCEPTED Then WriteMessage "Bom dia!"
    If e.Kind = OMNIZE_EVENT_MESSAGE Then posted(chat.PostFinish) = "finish"
End Sub

' Reports each keystroke. The service receives one typing, and one cleared before the message.
Sub WriteMessage(text)
    Dim key
    For key = 1 To Len(text)
        chat.Keystroke
    Next
    posted(chat.Post(text)) = "message"
End Sub

Sub PrintOutcome(e)
    Dim name, line
    name = posted(e.Ticket)
    line = "outcome: " & name & " "
    Select Case e.Delivery
    Case OMNIZE_DELIVERY_ACCEPTED
        line = line & "accepted"
    Case OMNIZE_DELIVERY_REJECTED
        line = line & "rejected, HTTP " & e.HttpStatus
    Case OMNIZE_DELIVERY_NOT_SENT
        line = line & "not sent: " & e.Text
    Case Else
        line = line & "unknown, may have arrived: " & e.Text
    End Select
    WScript.Echo line
    ' The service rejects a message that belongs to no interaction. The outcome is an event too.
    If name = "finish" Then posted(client.Attach("1", "nobody").Post("Oi?")) = "stray message"
    isOver = (name = "stray message")
End Sub
