' The features of the later dialects, lists and errors, in a script. The sandbox speaks all dialects at once; its
' department 1 has an agent who answers. The environment has the address at which the webhook is expected.

Option Explicit

Const OMNIZE_REQUEST_START = 1
Const OMNIZE_REQUEST_MESSAGE = 2
Const OMNIZE_REQUEST_UPDATE = 3
Const OMNIZE_SPEAKER_AGENT = 2
Const OMNIZE_E_UNSUPPORTED = 64
Const OMNIZE_E_STATE = 51

Dim environment, failures
Set environment = CreateObject("WScript.Shell").Environment("PROCESS")
failures = 0

RequestsHaveFields
ListsAreEnumerated
PostsHaveReferences
UnsupportedRequestsFail
StatisticsAreCounted
If failures > 0 Then WScript.Quit 1

Function Speaking(dialect)
    Set Speaking = CreateObject("Omnize.Client")
    Speaking.LoadEnvironment
    Speaking.Option("dialect") = dialect
    Speaking.Option("base_url") = environment("OMNIZE_SANDBOX_URL")
    Speaking.Open
End Function

Sub Check(condition, name)
    If condition Then Exit Sub
    failures = failures + 1
    WScript.Echo "FAIL " & name
End Sub

Function NextOfKind(client, kindName)
    Do
        Set NextOfKind = client.NextEvent(20000)
        If NextOfKind Is Nothing Then Exit Do
        If NextOfKind.KindName = kindName Then Exit Do
    Loop
    If NextOfKind Is Nothing Then
        WScript.Echo "FAIL no event " & kindName
        WScript.Quit 1
    End If
End Function

Sub RequestsHaveFields
    Dim client, chat, request, e, ticket
    Set client = Speaking("interactions")
    Set chat = client.Prepare("1", "30")
    Set request = chat.NewRequest(OMNIZE_REQUEST_START)
    request.Field("name") = "Joao"
    request.Field("extra") = "{""order"":1}"
    chat.SendRequest request
    Check chat.InteractionHash <> "", "the start has a hash"
    Set e = NextOfKind(client, "accepted")
    Check e.InteractionHash = chat.InteractionHash And e.Extra = "{""order"":1}", "the event has the fields of the start"
    Set e = NextOfKind(client, "message")
    Check InStr(e.Text, "Joao") > 0 And e.AgentName <> "", "the event has the agent"
    Check Abs(CDbl(Now) - CDbl(e.ReceivedAt)) < 1 / 1440, "the time of the event is a local time"

    Set request = client.NewRequest(OMNIZE_REQUEST_UPDATE)
    request("mood") = "POSITIVE"
    request("note") = "gentil"
    ticket = chat.PostRequest(request)
    Set e = NextOfKind(client, "outcome")
    Check e.Ticket = ticket And e.DeliveryName = "accepted", "the outcome has the ticket"
    Check client.Interactions.Count = 1, "one interaction is open"
    Dim open
    For Each open In client.Interactions
        Check open.ClientId = "30" And open.Department = "1", "the open interaction is listed"
    Next
    chat.Finish
    Check chat.StateName = "finished", "the conversation is finished"
    client.Close
    WScript.Echo "ok requests have fields"
End Sub

Sub ListsAreEnumerated
    Dim client, department, channel, agents, agent, names, online
    Set client = Speaking("interactions")
    For Each department In client.Departments
        names = names & department.Id & "=" & department.Name & " "
        For Each channel In department.Channels
            Check channel.Name <> "", "a channel has a name"
        Next
    Next
    Check InStr(names, "1=Support ") > 0, "departments are listed: " & names
    Set agents = client.OnlineAgents("1")
    For Each agent In agents
        online = online + 1
        Check agent.Name <> "", "an agent has a name"
    Next
    Check online = agents.Count And agents.Total >= online, "agents are listed"
    client.Close
    WScript.Echo "ok lists are enumerated"
End Sub

Sub PostsHaveReferences
    Dim client, chat, first, entry, waiting
    Set client = Speaking("interactions")
    client.Pause
    Set chat = client.Prepare("1", "31")
    first = chat.PostStart("Joao", , , , "order-7", 60000)
    Check chat.PostStart("Joao", "", "", "", "order-7") = first, "a repeated reference returns the ticket"
    For Each entry In client.Outbox
        waiting = waiting & entry.Ticket & " " & entry.Reference
    Next
    Check waiting = first & " order-7", "the outbox has the reference: " & waiting
    client.Cancel first
    Check NextOfKind(client, "outcome").Reference = "order-7", "the outcome has the reference"
    client.Resume
    Check Not client.IsPaused, "the client is not paused"
    client.Close
    WScript.Echo "ok posts have references"
End Sub

Sub UnsupportedRequestsFail
    Dim client, chat
    Set client = CreateObject("Omnize.Client")
    client.LoadEnvironment
    client.Open
    On Error Resume Next
    client.Departments
    Check Err.Number = vbObjectError + 512 + OMNIZE_E_UNSUPPORTED, "the number is that of the status: " & Err.Number
    Check Err.Source = "Omnize" And Err.Description <> "", "the error has a message"
    Check client.LastError.StatusName = "OMNIZE_E_UNSUPPORTED", "the last error has the name of the status"
    Err.Clear
    client.Attach("1", "nobody").Send "Oi?"
    Check client.LastError.HttpStatus = 422 And client.LastError.DeliveryName = "rejected", "the last error has the response"
    Check client.LastError.Body <> "", "the last error has the body"
    Err.Clear
    client.Close
    client.Close
    Check Err.Number <> 0, "a second close fails"
    On Error GoTo 0
    WScript.Echo "ok unsupported requests fail"
End Sub

Sub StatisticsAreCounted
    Dim client, snapshot, bucket, attempts, history
    Set client = Speaking("interactions")
    client.Departments
    Set snapshot = client.Snapshot
    For Each bucket In snapshot.Buckets
        attempts = attempts + bucket.Attempts
    Next
    Check attempts = 1 And snapshot.Value("requests_sent") = 1, "the snapshot has one request"
    Check InStr(snapshot.Prometheus, "omnize_requests_total") > 0, "the snapshot has the text for Prometheus"
    Set history = client.NewHistory
    history.Add OMNIZE_SPEAKER_AGENT, "Ana", Now, "Bom dia!"
    Check InStr(history.Json, "Bom dia!") > 0, "the history has the message"
    client.Close
    WScript.Echo "ok statistics are counted"
End Sub
