//! The posted requests of a client that belong to no conversation.

use crate::client::Client;
use crate::error::Result;
use crate::sending::PostOptions;
use crate::wire::{Address, OffHours, Request};

impl Client {
    /// Posts the request of [`departments`](Self::departments), and returns its ticket. Does not wait for the network. Its
    /// outcome contains the [departments](crate::Outcome::departments), and no customer.
    ///
    /// A store contains neither this request nor its outcome, because a response after a restart would be outdated. Its
    /// ticket is unique all the same.
    ///
    /// # Errors
    /// [`Status::Unsupported`](crate::status::Status::Unsupported): the dialect has no such request;
    /// [`Status::ClientId`](crate::status::Status::ClientId): it is required;
    /// [`Status::Full`](crate::status::Status::Full): the outbox is full;
    /// [`Status::Store`](crate::status::Status::Store); [`Status::Closed`](crate::status::Status::Closed).
    pub fn post_departments(&self, client_id: Option<&str>) -> Result<u64> {
        let client_id = client_id.unwrap_or_default();
        self.post("", client_id, Request::Departments, PostOptions::default())
    }

    /// Posts the request of [`online_agents`](Self::online_agents) as [`post_departments`](Self::post_departments) does. Its
    /// outcome contains the [agents](crate::Outcome::agents).
    ///
    /// # Errors
    /// The same as [`post_departments`](Self::post_departments), and
    /// [`Status::Department`](crate::status::Status::Department): it is missing.
    pub fn post_online_agents(&self, department: &str) -> Result<u64> {
        let options = PostOptions::default();
        self.post(department, "", Request::OnlineAgents, options)
    }

    /// Posts an off-hours contact, and returns its ticket. Does not wait for the network; with a store, blocks until the
    /// contact is on disk. Its outcome contains the hash of the created interaction, and no customer.
    ///
    /// # Errors
    /// The same as [`off_hours`](Self::off_hours) before a request is sent, and those of
    /// [`post_departments`](Self::post_departments); [`Status::Argument`](crate::status::Status::Argument) also if an option
    /// is invalid, or another request has the reference.
    pub fn post_off_hours(
        &self,
        department: &str,
        off_hours: OffHours,
        options: PostOptions,
    ) -> Result<u64> {
        let request = Request::OffHours(Box::new(off_hours));
        self.post(department, "", request, options)
    }

    fn post(
        &self,
        department: &str,
        client_id: &str,
        request: Request,
        options: PostOptions,
    ) -> Result<u64> {
        let address = Address {
            department: department.to_owned(),
            client_id: client_id.to_owned(),
        };
        let outbox = &self.inner.get()?.outbox;
        outbox.post_without_interaction(&address, request, options)
    }
}
