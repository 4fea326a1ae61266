"""Answers an agent: omnize sandbox --agent 1=examples/agents/support.json -- python answer_an_agent.py"""

# prints: agent: Foi um prazer ajudar. Tchau, João!

import omnize

with omnize.Client(listen="127.0.0.1:0") as client:
    input(f"webhook: {client.webhook_url}\n")  # set it in the portal, then press Enter
    with client.conversation("12", department="1", customer=omnize.Customer(name="João")) as chat:
        for event in client.events(timeout=30):
            if isinstance(event, omnize.Message):
                print("agent:", event.text)
                if event.text.endswith("?"):
                    chat.send("Não, era só isso. Tchau!")
            elif isinstance(event, omnize.Finished):
                break
