//! The subscriptions of a client id, in a list optimized for one. The list is stored in the hash table's entry.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};

use crate::receiving::dispatch::inline_string::InlineString;
use crate::receiving::dispatch::subscription::{Subscription, SubscriptionId};

/// Subscriptions in the order of their ids.
#[derive(Debug, Default)]
pub enum SubscriptionList {
    #[default]
    None,
    One(Subscription),
    Many(Vec<Subscription>),
}

impl SubscriptionList {
    fn as_slice(&self) -> &[Subscription] {
        match self {
            SubscriptionList::None => &[],
            SubscriptionList::One(one) => std::slice::from_ref(one),
            SubscriptionList::Many(all) => all,
        }
    }

    /// Returns the subscriptions with ids greater than `after`, up to `last`.
    pub fn range(&self, after: SubscriptionId, last: SubscriptionId) -> &[Subscription] {
        let all = self.as_slice();
        let start = all.partition_point(|subscription| subscription.id <= after);
        let end = all.partition_point(|subscription| subscription.id <= last);
        &all[start..end]
    }

    /// Adds a subscription, whose id must be the greatest.
    pub fn push(&mut self, subscription: Subscription) {
        *self = match std::mem::take(self) {
            SubscriptionList::None => SubscriptionList::One(subscription),
            SubscriptionList::One(one) => SubscriptionList::Many(vec![one, subscription]),
            SubscriptionList::Many(mut all) => {
                all.push(subscription);
                SubscriptionList::Many(all)
            }
        };
    }

    /// Removes and returns a subscription.
    pub fn remove(&mut self, id: SubscriptionId) -> Option<Subscription> {
        match std::mem::take(self) {
            SubscriptionList::One(one) if one.id == id => Some(one),
            SubscriptionList::Many(mut all) => {
                let index = all.binary_search_by_key(&id, |subscription| subscription.id);
                let removed = index.ok().map(|index| all.remove(index));
                if !all.is_empty() {
                    *self = SubscriptionList::Many(all);
                }
                removed
            }
            others => {
                *self = others;
                None
            }
        }
    }
}

/// The subscriptions that filter by client id.
#[derive(Debug, Default)]
pub struct SubscriptionsByClient(HashSet<ClientSubscriptions>);

/// An entry of the hash table, with the size of a cache line. Its key is the client id.
#[derive(Debug)]
#[repr(align(64))]
struct ClientSubscriptions {
    client_id: InlineString,
    list: SubscriptionList,
}

impl SubscriptionsByClient {
    /// Returns the subscriptions of a client id.
    pub fn get(&self, client_id: &str) -> &SubscriptionList {
        self.0
            .get(client_id.as_bytes())
            .map_or(&SubscriptionList::None, |entry| &entry.list)
    }

    /// Adds a subscription, whose id must be the greatest, for a client id.
    pub fn add(&mut self, client_id: &InlineString, subscription: Subscription) {
        let mut entry = self
            .0
            .take(client_id.as_bytes())
            .unwrap_or_else(|| ClientSubscriptions {
                client_id: client_id.clone(),
                list: SubscriptionList::None,
            });
        entry.list.push(subscription);
        self.0.insert(entry);
    }

    /// Removes and returns a subscription of a client id.
    pub fn remove(&mut self, client_id: &InlineString, id: SubscriptionId) -> Option<Subscription> {
        let mut entry = self.0.take(client_id.as_bytes())?;
        let removed = entry.list.remove(id);
        if !matches!(entry.list, SubscriptionList::None) {
            self.0.insert(entry);
        }
        removed
    }
}

impl Borrow<[u8]> for ClientSubscriptions {
    fn borrow(&self) -> &[u8] {
        self.client_id.as_bytes()
    }
}

/// Hashes like the bytes of the lookup key.
impl Hash for ClientSubscriptions {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.client_id.as_bytes().hash(state);
    }
}

impl PartialEq for ClientSubscriptions {
    fn eq(&self, other: &Self) -> bool {
        self.client_id.as_bytes() == other.client_id.as_bytes()
    }
}

impl Eq for ClientSubscriptions {}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn subscription(id: SubscriptionId) -> Subscription {
        Subscription {
            id,
            kind: None,
            handler: Arc::new(|_| {}),
        }
    }

    fn ids(list: &SubscriptionList) -> Vec<SubscriptionId> {
        list.as_slice().iter().map(|other| other.id).collect()
    }

    #[test]
    fn an_entry_fills_one_cache_line() {
        assert_eq!(size_of::<ClientSubscriptions>(), 64);
    }

    #[test]
    fn a_client_has_the_subscriptions_that_were_added_and_not_removed() {
        let mut by_client = SubscriptionsByClient::default();
        for id in 1..=6 {
            let client_id = if id % 2 == 0 { "even" } else { "odd" };
            by_client.add(&client_id.into(), subscription(id));
        }
        assert_eq!(ids(by_client.get("odd")), [1, 3, 5]);
        assert!(by_client.remove(&"odd".into(), 2).is_none());
        assert_eq!(by_client.remove(&"odd".into(), 3).unwrap().id, 3);
        assert_eq!(ids(by_client.get("odd")), [1, 5]);
        for id in [1, 5] {
            assert!(by_client.remove(&"odd".into(), id).is_some());
        }
        assert!(by_client.remove(&"odd".into(), 5).is_none());
        assert!(ids(by_client.get("odd")).is_empty());
        assert_eq!(ids(by_client.get("even")), [2, 4, 6]);
        assert_eq!(by_client.0.len(), 1);
    }

    #[test]
    fn range_returns_the_subscriptions_with_ids_in_it() {
        let mut list = SubscriptionList::None;
        assert!(list.range(0, 9).is_empty());
        for id in [2, 3, 5] {
            list.push(subscription(id));
            assert_eq!(list.range(0, 9).last().unwrap().id, id);
        }
        let ids = |after, last| -> Vec<_> {
            let range = list.range(after, last).iter();
            range.map(|subscription| subscription.id).collect()
        };
        assert_eq!(ids(0, 3), [2, 3]);
        assert_eq!(ids(2, 5), [3, 5]);
        assert!(ids(3, 4).is_empty());
    }
}
