//! Blocks that were read, kept for the next reader, in so many bytes.

use std::collections::HashMap;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::Arc;

use engine::sync::Mutex;
use foldhash::fast::FixedState;

/// How many parts the cache has, each behind a lock of its own.
const SHARDS: usize = 16;
/// What a block costs beyond its bytes: its places in the map and in the clock.
pub const ENTRY_BYTES: usize = 96;

/// Where a block comes from: the number of its table, and its offset there.
type Key = (u32, u64);

/// Blocks by where they come from.
///
/// The bytes that it may take are divided among its shards, and no shard ever
/// takes more. What has to go is chosen by a *clock*: see
/// [`insert`](Self::insert).
pub struct BlockCache {
    shards: [Mutex<Shard>; SHARDS],
    /// What a shard may take, in bytes.
    shard_bytes_max: usize,
}

impl BlockCache {
    /// An empty cache that takes at most this many bytes.
    pub fn new(bytes_max: usize) -> Self {
        BlockCache {
            shards: Default::default(),
            shard_bytes_max: bytes_max / SHARDS,
        }
    }

    /// The block of this table at this offset, if it is there.
    ///
    /// # Exercise 3.8
    pub fn get(&self, table: u32, offset: u64) -> Option<Arc<[u8]>> {
        let key = (table, offset);
        let mut shard = self.shard(key).lock();
        let at = *shard.places.get(&key)?;
        let slot = shard.slots[at].as_mut().expect("places lead to blocks");
        slot.asked_for = true;
        Some(Arc::clone(&slot.block))
    }

    /// Keeps a block, in place of any that was kept for that table and offset.
    /// One that is larger than a sixteenth of the cache is not kept.
    ///
    /// Room is made as a clock's hand goes round: a block that was asked for
    /// since the hand last came by is left a *second chance* and its mark is
    /// taken; one that was not is let go.
    ///
    /// # Exercise 3.8
    pub fn insert(&self, table: u32, offset: u64, block: Arc<[u8]>) {
        let key = (table, offset);
        let mut shard = self.shard(key).lock();
        if let Some(at) = shard.places.get(&key).copied() {
            shard.let_go(at);
        }
        let bytes = cost(&block);
        if bytes > self.shard_bytes_max {
            return;
        }
        while shard.bytes + bytes > self.shard_bytes_max {
            shard.make_room();
        }
        shard.keep(Slot {
            key,
            block,
            asked_for: false,
        });
    }

    /// Lets go of every block of a table.
    pub fn forget_table(&self, table: u32) {
        for shard in &self.shards {
            let mut shard = shard.lock();
            for at in 0..shard.slots.len() {
                if matches!(&shard.slots[at], Some(slot) if slot.key.0 == table) {
                    shard.let_go(at);
                }
            }
        }
    }

    /// How many bytes it takes.
    pub fn bytes(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().bytes).sum()
    }

    fn shard(&self, key: Key) -> &Mutex<Shard> {
        // The map in a shard takes the lowest and the highest bits.
        let hash = FixedState::default().hash_one(key) >> 32;
        let [low, ..] = hash.to_le_bytes();
        &self.shards[usize::from(low) % SHARDS]
    }
}

impl fmt::Debug for BlockCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes_max = self.shard_bytes_max * SHARDS;
        write!(f, "BlockCache({} of {bytes_max} bytes)", self.bytes())
    }
}

/// A part of the cache.
#[derive(Default)]
struct Shard {
    /// In which slot each block is.
    places: HashMap<Key, usize, FixedState>,
    /// What the hand passes.
    slots: Vec<Option<Slot>>,
    /// The slots that are empty.
    free: Vec<usize>,
    /// The slot that the hand comes to next.
    hand: usize,
    /// What all blocks cost.
    bytes: usize,
}

/// A block in the cache.
struct Slot {
    key: Key,
    block: Arc<[u8]>,
    /// Whether it was asked for since the hand came by.
    asked_for: bool,
}

impl Shard {
    /// Puts a block, for which there is room, into the slot that was emptied last,
    /// or into a new one.
    fn keep(&mut self, slot: Slot) {
        let at = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        self.bytes += cost(&slot.block);
        self.places.insert(slot.key, at);
        self.slots[at] = Some(slot);
    }

    /// Lets go of one block. There must be one.
    ///
    /// # Exercise 3.8
    fn make_room(&mut self) {
        loop {
            let at = self.hand;
            self.hand = (at + 1) % self.slots.len();
            match &mut self.slots[at] {
                None => {}
                Some(slot) if slot.asked_for => slot.asked_for = false,
                Some(_) => return self.let_go(at),
            }
        }
    }

    /// Empties a slot.
    fn let_go(&mut self, at: usize) {
        if let Some(slot) = self.slots[at].take() {
            self.places.remove(&slot.key);
            self.free.push(at);
            self.bytes -= cost(&slot.block);
        }
    }
}

/// The bytes that a block takes in the cache.
fn cost(block: &[u8]) -> usize {
    block.len() + ENTRY_BYTES
}
