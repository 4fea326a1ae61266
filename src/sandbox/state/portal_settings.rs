//! The settings of the portal: the tokens, their webhooks, and the registered bots.

use crate::sandbox::http::webhook_url::WebhookUrl;
use std::collections::HashMap;

/// Tokens are numbered from 0.
#[derive(Clone, Default)]
pub(crate) struct PortalSettings {
    token_numbers: HashMap<String, usize>,
    webhooks: Vec<Option<WebhookUrl>>,
    /// The external bots by token and department. Without a department, the bot serves all departments that have no
    /// bot.
    bots: HashMap<(usize, Option<String>), WebhookUrl>,
}

impl PortalSettings {
    /// Adds a token and returns its number.
    pub fn add_token(&mut self, token: String) -> usize {
        let number = self.webhooks.len();
        self.token_numbers.insert(token, number);
        self.webhooks.push(None);
        number
    }

    pub fn token_number(&self, token: &str) -> Option<usize> {
        self.token_numbers.get(token).copied()
    }

    pub fn webhook(&self, token: usize) -> Option<&WebhookUrl> {
        self.webhooks.get(token).and_then(Option::as_ref)
    }

    pub fn set_webhook(&mut self, token: usize, url: WebhookUrl) {
        if let Some(webhook) = self.webhooks.get_mut(token) {
            *webhook = Some(url);
        }
    }

    /// Returns the endpoint of the bot that serves new interactions of this department.
    pub fn bot(&self, token: usize, department_id: &str) -> Option<&WebhookUrl> {
        let own = self.bots.get(&(token, Some(department_id.to_owned())));
        own.or_else(|| self.bots.get(&(token, None)))
    }

    /// Registers a bot, or removes it if `bot` is `None`.
    pub fn set_bot(
        &mut self,
        token: usize,
        department_id: Option<String>,
        bot: Option<WebhookUrl>,
    ) {
        match bot {
            Some(bot) => self.bots.insert((token, department_id), bot),
            None => self.bots.remove(&(token, department_id)),
        };
    }
}
