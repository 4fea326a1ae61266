//! Queued events with one lane for each client id, of which some have an event stream.
//!
//! The events of a lane with a stream are only for that stream. All others are popped in the order of receipt. No function
//! looks at events of other lanes, so their number does not matter.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Condvar};

use crate::receiving::queue::event::{Content, QueuedEvent};
use crate::receiving::queue::interaction_lanes::Lanes;

/// All queued events of a client that has, or had, an event stream.
#[derive(Debug, Default)]
pub struct EventStreams {
    by_client_id: HashMap<Arc<str>, Lane>,
    /// The lanes of triggers that contain only the hash of an unknown interaction.
    by_hash: HashMap<Arc<str>, Lane>,
    /// The client ids of streams, by their interaction hashes.
    stream_hashes: HashMap<Arc<str>, Arc<str>>,
    /// The first event of each lane without a stream.
    first: BTreeMap<Position, LaneKey>,
    last_position: Position,
    last_waker: WakerId,
    /// Number of all events, and of those without a stream.
    count: usize,
    ready: usize,
    /// The waiters to wake at the next notification.
    signalled: Vec<StreamWaker>,
}

/// A position in the order of receipt.
type Position = u64;

/// The number of a waiter.
pub type WakerId = u64;

/// The events of one client id or hash, in the order of receipt. Exists while it has events or a stream.
#[derive(Debug, Default)]
struct Lane {
    events: VecDeque<(Position, QueuedEvent)>,
    stream: Option<Box<Stream>>,
}

/// The stream of a lane.
#[derive(Debug, Default)]
struct Stream {
    /// The number of conversations that opened it.
    conversations: usize,
    /// The interaction hashes that were learned while it was open.
    hashes: Vec<Arc<str>>,
    /// The threads and tasks that wait for the next event.
    wakers: Vec<(WakerId, StreamWaker)>,
}

#[derive(Clone, Debug)]
enum LaneKey {
    ClientId(Arc<str>),
    Hash(Arc<str>),
}

/// Wakes a waiter once.
pub enum StreamWaker {
    /// A thread that waits with the inbox's lock.
    Thread(Arc<Condvar>),
    /// A function.
    Function(Box<dyn FnOnce() + Send>),
}

impl StreamWaker {
    /// Wakes the waiter. The caller must not hold the inbox's lock.
    pub fn wake(self) {
        match self {
            StreamWaker::Thread(condvar) => condvar.notify_all(),
            StreamWaker::Function(function) => function(),
        }
    }
}

impl fmt::Debug for StreamWaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            StreamWaker::Thread(_) => "Thread",
            StreamWaker::Function(_) => "Function",
        })
    }
}

impl EventStreams {
    /// Takes the events of a queue in which none is held.
    pub fn new(mut lanes: Lanes) -> Self {
        let mut streams = EventStreams::default();
        while let Some(event) = lanes.pop(false) {
            streams.push(event);
        }
        streams
    }

    /// Adds an event after those of its lane. Returns `false` if it belongs to a stream, whose waiters are signalled.
    pub fn push(&mut self, mut event: QueuedEvent) -> bool {
        self.resolve_client_id(&mut event);
        self.last_position += 1;
        self.count += 1;
        let position = self.last_position;
        let (lane, key) = self.lane_of(&event.content);
        lane.events.push_back((position, event));
        if let Some(stream) = &mut lane.stream {
            let wakers = stream.take_wakers();
            self.signalled.extend(wakers);
            return false;
        }
        if lane.events.len() == 1 {
            self.first.insert(position, key);
        }
        self.ready += 1;
        true
    }

    /// Pops the first event without a stream.
    pub fn pop(&mut self) -> Option<QueuedEvent> {
        let (_, key) = self.first.pop_first()?;
        let lane = self.lane_mut(&key)?;
        let event = lane.events.pop_front().map(|(_, event)| event);
        match lane.events.front() {
            Some((position, _)) => {
                let position = *position;
                self.first.insert(position, key);
            }
            None => self.remove_lane(&key),
        }
        self.count -= 1;
        self.ready -= 1;
        event
    }

    /// Pops the first event of a stream.
    pub fn pop_of(&mut self, client_id: &str) -> Option<QueuedEvent> {
        let lane = self.by_client_id.get_mut(client_id)?;
        lane.stream.as_ref()?;
        let (_, event) = lane.events.pop_front()?;
        self.count -= 1;
        Some(event)
    }

    /// Returns whether an event of a stream is queued.
    pub fn has_event(&self, client_id: &str) -> bool {
        let lane = self.by_client_id.get(client_id);
        lane.is_some_and(|lane| !lane.events.is_empty())
    }

    /// Opens the stream of a client id, once more for each conversation. Its queued events now belong to it.
    pub fn open(&mut self, client_id: &Arc<str>) {
        let lane = self.by_client_id.entry(client_id.clone()).or_default();
        if lane.stream.is_none()
            && let Some((position, _)) = lane.events.front()
        {
            self.first.remove(position);
            self.ready -= lane.events.len();
        }
        lane.stream.get_or_insert_default().conversations += 1;
    }

    /// Closes the stream of a client id for one conversation, and signals its waiters. After the last one, its events have
    /// no stream. Returns their number.
    pub fn close(&mut self, client_id: &Arc<str>) -> usize {
        let Some(lane) = self.by_client_id.get_mut(client_id) else {
            return 0;
        };
        let Some(stream) = &mut lane.stream else {
            return 0;
        };
        let wakers = stream.take_wakers();
        stream.conversations -= 1;
        if stream.conversations > 0 {
            self.signalled.extend(wakers);
            return 0;
        }
        for hash in std::mem::take(&mut stream.hashes) {
            self.stream_hashes.remove(&hash);
        }
        lane.stream = None;
        let released = lane.events.len();
        let front = lane.events.front().map(|(position, _)| *position);
        let key = LaneKey::ClientId(client_id.clone());
        match front {
            Some(position) => {
                self.first.insert(position, key);
            }
            None => self.remove_lane(&key),
        }
        self.ready += released;
        self.signalled.extend(wakers);
        released
    }

    /// Moves the triggers that contain only this hash to the stream of its client id, in their order, and later ones too. Does
    /// nothing if the client id has no stream.
    pub fn adopt(&mut self, hash: &str, client_id: &str) {
        let Some((client_id, _)) = self.by_client_id.get_key_value(client_id) else {
            return;
        };
        let client_id = client_id.clone();
        let Some(lane) = self.by_client_id.get_mut(&client_id) else {
            return;
        };
        let Some(stream) = &mut lane.stream else {
            return;
        };
        if !self.stream_hashes.contains_key(hash) {
            let hash: Arc<str> = hash.into();
            stream.hashes.push(hash.clone());
            self.stream_hashes.insert(hash, client_id.clone());
        }
        let Some(orphans) = self.by_hash.remove(hash) else {
            return;
        };
        if let Some((position, _)) = orphans.events.front() {
            self.first.remove(position);
        }
        self.ready -= orphans.events.len();
        for (position, mut event) in orphans.events {
            set_client_id(&mut event, &client_id);
            lane.events.push_back((position, event));
        }
        lane.events
            .make_contiguous()
            .sort_by_key(|(position, _)| *position);
        let wakers = stream.take_wakers();
        self.signalled.extend(wakers);
    }

    /// Sets the client id of a trigger that contains only the hash of a stream. Its hash was not known when it was received.
    fn resolve_client_id(&self, event: &mut QueuedEvent) {
        if let Content::Trigger(trigger) = &event.content
            && trigger.client_id.is_empty()
            && let Some(hash) = trigger.interaction_hash()
            && let Some(client_id) = self.stream_hashes.get(hash)
        {
            set_client_id(event, client_id);
        }
    }

    /// Adds a waiter to a stream. It is woken by the next event, and before if [`signal`](Self::signal) is called. Wakes it
    /// at the next notification if there is no such stream.
    pub fn add_waker(&mut self, client_id: &str, waker: StreamWaker) -> WakerId {
        self.last_waker += 1;
        let id = self.last_waker;
        match self.stream_mut(client_id) {
            Some(stream) => stream.wakers.push((id, waker)),
            None => self.signalled.push(waker),
        }
        id
    }

    /// Removes a waiter that no longer waits. The caller drops it without the lock.
    pub fn remove_waker(&mut self, client_id: &str, id: WakerId) -> Option<StreamWaker> {
        let wakers = &mut self.stream_mut(client_id)?.wakers;
        let index = wakers.iter().position(|(other, _)| *other == id)?;
        Some(wakers.swap_remove(index).1)
    }

    /// Signals the waiters of a stream.
    pub fn signal(&mut self, client_id: &str) {
        let wakers = self.stream_mut(client_id).map(Stream::take_wakers);
        self.signalled.extend(wakers.into_iter().flatten());
    }

    /// Signals the waiters of all streams.
    pub fn signal_all(&mut self) {
        let streams = self.by_client_id.values_mut();
        for stream in streams.filter_map(|lane| lane.stream.as_mut()) {
            self.signalled.extend(stream.take_wakers());
        }
    }

    /// Returns the signalled waiters. The caller wakes them without the lock.
    pub fn take_signalled(&mut self) -> Vec<StreamWaker> {
        std::mem::take(&mut self.signalled)
    }

    /// Drops all events and returns their number. Streams stay open.
    pub fn clear(&mut self) -> usize {
        self.by_hash.clear();
        self.first.clear();
        self.by_client_id.retain(|_, lane| {
            lane.events.clear();
            lane.stream.is_some()
        });
        self.ready = 0;
        std::mem::take(&mut self.count)
    }

    /// Returns the number of events without a stream.
    pub fn ready_count(&self) -> usize {
        self.ready
    }

    /// Returns the number of all events.
    pub fn len(&self) -> usize {
        self.count
    }

    fn stream_mut(&mut self, client_id: &str) -> Option<&mut Stream> {
        self.by_client_id.get_mut(client_id)?.stream.as_deref_mut()
    }

    /// Returns the lane of an event, and its key. Creates it if necessary.
    fn lane_of(&mut self, content: &Content) -> (&mut Lane, LaneKey) {
        let client_id = content.client_id();
        let hash = match content {
            Content::Trigger(trigger) if client_id.is_empty() => trigger.interaction_hash(),
            _ => None,
        };
        let (lanes, text) = match hash {
            Some(hash) => (&mut self.by_hash, hash),
            None => (&mut self.by_client_id, client_id),
        };
        let text = match lanes.get_key_value(text) {
            Some((known, _)) => known.clone(),
            None => text.into(),
        };
        let lane = lanes.entry(text.clone()).or_default();
        let key = match hash {
            Some(_) => LaneKey::Hash(text),
            None => LaneKey::ClientId(text),
        };
        (lane, key)
    }

    fn lane_mut(&mut self, key: &LaneKey) -> Option<&mut Lane> {
        match key {
            LaneKey::ClientId(client_id) => self.by_client_id.get_mut(client_id),
            LaneKey::Hash(hash) => self.by_hash.get_mut(hash),
        }
    }

    fn remove_lane(&mut self, key: &LaneKey) {
        match key {
            LaneKey::ClientId(client_id) => self.by_client_id.remove(client_id),
            LaneKey::Hash(hash) => self.by_hash.remove(hash),
        };
    }
}

fn set_client_id(event: &mut QueuedEvent, client_id: &str) {
    if let Content::Trigger(trigger) = &mut event.content {
        trigger.client_id = client_id.to_owned();
    }
}

impl Stream {
    fn take_wakers(&mut self) -> impl Iterator<Item = StreamWaker> + use<> {
        let wakers = std::mem::take(&mut self.wakers);
        wakers.into_iter().map(|(_, waker)| waker)
    }
}
