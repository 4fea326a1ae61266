//! Which subscriptions a customer has. Most often it is one, and it stands where the customer is looked up.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::receiving::dispatch::inline_string::InlineString;
use crate::receiving::dispatch::subscriptions::SubscriptionId;
use crate::receiving::queue::event::{Event, EventKind};

/// A handler with all that it holds in one place.
pub type Shared = Arc<dyn Fn(&Arc<Event>) + Send + Sync>;

/// A handler, and what it is for.
pub struct Subscription {
    pub id: SubscriptionId,
    /// `None` is every kind.
    pub kind: Option<EventKind>,
    pub handler: Shared,
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// Some subscriptions, in the order of their ids.
#[derive(Debug, Default)]
pub enum SubscriptionList {
    #[default]
    None,
    One(Subscription),
    More(Vec<Subscription>),
}

impl SubscriptionList {
    fn as_slice(&self) -> &[Subscription] {
        match self {
            SubscriptionList::None => &[],
            SubscriptionList::One(one) => std::slice::from_ref(one),
            SubscriptionList::More(all) => all,
        }
    }

    /// Those whose id is greater than `after` and no greater than `last`.
    pub fn between(&self, after: SubscriptionId, last: SubscriptionId) -> &[Subscription] {
        let all = self.as_slice();
        let start = all.partition_point(|subscription| subscription.id <= after);
        let end = all.partition_point(|subscription| subscription.id <= last);
        &all[start..end]
    }

    /// Adds one with the greatest id.
    pub fn push(&mut self, another: Subscription) {
        *self = match std::mem::take(self) {
            SubscriptionList::None => SubscriptionList::One(another),
            SubscriptionList::One(one) => SubscriptionList::More(vec![one, another]),
            SubscriptionList::More(mut all) => {
                all.push(another);
                SubscriptionList::More(all)
            }
        };
    }

    /// Takes one out.
    pub fn remove(&mut self, id: SubscriptionId) -> Option<Subscription> {
        match std::mem::take(self) {
            SubscriptionList::One(one) if one.id == id => Some(one),
            SubscriptionList::More(mut all) => {
                let place = all.binary_search_by_key(&id, |subscription| subscription.id);
                let removed = place.ok().map(|place| all.remove(place));
                if !all.is_empty() {
                    *self = SubscriptionList::More(all);
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

/// The customers who have subscriptions.
#[derive(Debug, Default)]
pub struct Customers(HashSet<ClientSubscriptions>);

/// As large as what a processor fetches at once, and found by its client id.
#[derive(Debug)]
#[repr(align(64))]
struct ClientSubscriptions {
    client_id: InlineString,
    few: SubscriptionList,
}

impl Customers {
    /// The subscriptions of this customer.
    pub fn of(&self, client_id: &str) -> &SubscriptionList {
        self.0
            .get(client_id.as_bytes())
            .map_or(&SubscriptionList::None, |customer| &customer.few)
    }

    /// Adds one, with the greatest id, for this customer.
    pub fn add(&mut self, client_id: &InlineString, subscription: Subscription) {
        let mut customer = self
            .0
            .take(client_id.bytes())
            .unwrap_or_else(|| ClientSubscriptions {
                client_id: client_id.clone(),
                few: SubscriptionList::None,
            });
        customer.few.push(subscription);
        self.0.insert(customer);
    }

    /// Takes one out that is for this customer.
    pub fn remove(&mut self, client_id: &InlineString, id: SubscriptionId) -> Option<Subscription> {
        let mut customer = self.0.take(client_id.bytes())?;
        let removed = customer.few.remove(id);
        if !matches!(customer.few, SubscriptionList::None) {
            self.0.insert(customer);
        }
        removed
    }
}

impl Borrow<[u8]> for ClientSubscriptions {
    fn borrow(&self) -> &[u8] {
        self.client_id.bytes()
    }
}

/// As the bytes are hashed by which it is looked up.
impl Hash for ClientSubscriptions {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.client_id.bytes().hash(state);
    }
}

impl PartialEq for ClientSubscriptions {
    fn eq(&self, other: &Self) -> bool {
        self.client_id.bytes() == other.client_id.bytes()
    }
}

impl Eq for ClientSubscriptions {}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscription(id: SubscriptionId) -> Subscription {
        Subscription {
            id,
            kind: None,
            handler: Arc::new(|_| {}),
        }
    }

    fn ids(few: &SubscriptionList) -> Vec<SubscriptionId> {
        few.as_slice().iter().map(|other| other.id).collect()
    }

    #[test]
    fn a_customer_is_one_fetch() {
        assert_eq!(size_of::<ClientSubscriptions>(), 64);
    }

    #[test]
    fn a_customer_has_those_that_were_added_and_not_removed() {
        let mut customers = Customers::default();
        for id in 1..=6 {
            let client_id = if id % 2 == 0 { "even" } else { "odd" };
            customers.add(&client_id.into(), subscription(id));
        }
        assert_eq!(ids(customers.of("odd")), [1, 3, 5]);
        assert!(customers.remove(&"odd".into(), 2).is_none());
        assert_eq!(customers.remove(&"odd".into(), 3).unwrap().id, 3);
        assert_eq!(ids(customers.of("odd")), [1, 5]);
        for id in [1, 5] {
            assert!(customers.remove(&"odd".into(), id).is_some());
        }
        assert!(customers.remove(&"odd".into(), 5).is_none());
        assert!(ids(customers.of("odd")).is_empty());
        assert_eq!(ids(customers.of("even")), [2, 4, 6]);
        assert_eq!(customers.0.len(), 1);
    }

    #[test]
    fn some_are_told_by_the_range_of_their_ids() {
        let mut few = SubscriptionList::None;
        assert!(few.between(0, 9).is_empty());
        for id in [2, 3, 5] {
            few.push(subscription(id));
            assert_eq!(few.between(0, 9).last().unwrap().id, id);
        }
        let ids = |after, last| -> Vec<_> {
            let between = few.between(after, last).iter();
            between.map(|subscription| subscription.id).collect()
        };
        assert_eq!(ids(0, 3), [2, 3]);
        assert_eq!(ids(2, 5), [3, 5]);
        assert!(ids(3, 4).is_empty());
    }
}
