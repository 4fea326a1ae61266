' A whole conversation, as examples/c/chat.c has it: two interactions, all five requests, all six triggers.
'
'     cscript //nologo chat.vbs
'
' The options come from the environment: OMNIZE_TOKEN, and OMNIZE_BASE_URL for another service than the real one. In
' department 1 an agent responds, and in department 2 none is available. The events arrive at an object with methods of
' their names, because this needs no support for events in the script's host.

Option Explicit

Const SECONDS_TO_WAIT = 20

' The events of one customer that were received, and that the program did not wait for yet.
Class Events
    Private received

    Private Sub Class_Initialize
        Set received = CreateObject("Scripting.Dictionary")
    End Sub

    Public Sub OnEvent(e)
        WScript.Echo e.ClientId & ": agent " & e.KindName & " " & e.Text
        Dim key
        key = e.ClientId & " " & e.KindName
        received(key) = received(key) + 1
    End Sub

    Public Function Take(clientId, kindName)
        Dim key
        key = clientId & " " & kindName
        Take = received(key) > 0
        If Take Then received(key) = received(key) - 1
    End Function
End Class

Dim client, arrived
Set client = CreateObject("Omnize.Client")
Set arrived = New Events
client.Option("listen") = "127.0.0.1:0"
client.LoadEnvironment
Set client.Handler = arrived
client.Open

' The operator sets the webhook URL in the portal: Menu > Settings > Integrations > ClientSDK. With an argument, the
' program does not wait for the operator.
WScript.Echo "Set this webhook URL in the portal, then press Enter."
WScript.Echo "webhook: " & client.WebhookUrl
If WScript.Arguments.Count = 0 Then WScript.StdIn.ReadLine

Dim joao
Set joao = client.Start("1", "12", "Joao", "joao@example.com", "11988776655", "123.456.789-09")
WaitFor "12", "accepted"
WaitFor "12", "message"
WriteMessage joao, "Bom dia! Minha fatura veio errada."
WaitFor "12", "message"
WriteMessage joao, "Obrigado, tchau!"
WaitFor "12", "finish"

Dim maria
Set maria = client.Start("2", "13", "Joao", "joao@example.com", "11988776655", "123.456.789-09")
WaitFor "13", "unavailable"
maria.Finish

client.Close 5000

' A real program does other things meanwhile.
Sub WaitFor(clientId, kindName)
    Do Until arrived.Take(clientId, kindName)
        If client.Poll(SECONDS_TO_WAIT * 1000) = 0 Then
            WScript.Echo "no " & kindName & " came"
            WScript.Quit 1
        End If
    Loop
End Sub

Sub WriteMessage(chat, text)
    chat.Typing
    chat.Cleared
    chat.Send text
End Sub
