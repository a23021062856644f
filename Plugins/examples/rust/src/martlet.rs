//! What Rust needs of `martlet_plugin.h`, version 1.0: the same structures in the same order.
//!
//! Written by hand, so that no crate and no generator is needed. Copy it into a plugin of your own; a
//! function of the server that has no type here yet stands as `Unused` and is given one from the header.
#![allow(dead_code)]

use core::ffi::c_void;
use core::mem::size_of;
use core::ptr::null;

pub const MAGIC: u32 = 0x4D4C_5431;

pub const OK: i32 = 0;
pub const EINVAL: i32 = -1;
pub const ECONFLICT: i32 = -3;

pub const CONTINUE: i32 = 0;
pub const HANDLED: i32 = 1;

pub const PHASE_RECEIVED: u32 = 1;
pub const MESSAGE: u32 = 1;
pub const TYPE_GET: u32 = 1;
pub const TYPE_HEADLINE: u32 = 8;
pub const TO_DOMAIN: u32 = 1;
pub const HOOK_OBSERVE: u32 = 1;
pub const ITEM_FEATURE: u32 = 1;
pub const ITEM_COLLECTION: u32 = 9;
pub const LOG_WARNING: i32 = 2;
pub const GET: u32 = 1;
pub const PUT: u32 = 3;
pub const MUST_NOT_EXIST: i64 = -1;
pub const OFF_BY_DEFAULT: u32 = 1;

/// Text that somebody lends: a pointer and a length.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Str {
    pub ptr: *const u8,
    pub len: usize,
}

impl Str {
    pub const NONE: Str = Str { ptr: null(), len: 0 };

    pub const fn new(text: &'static str) -> Str {
        Str { ptr: text.as_ptr(), len: text.len() }
    }

    /// Good as long as `text` is; the server copies what it keeps.
    pub fn lend(text: &str) -> Str {
        Str { ptr: text.as_ptr(), len: text.len() }
    }

    /// # Safety
    /// What was lent must still be there.
    pub unsafe fn bytes(&self) -> &[u8] {
        if self.ptr.is_null() {
            return &[];
        }
        unsafe { core::slice::from_raw_parts(self.ptr, self.len) }
    }
}

/// What only the server looks into.
#[repr(C)]
pub struct Site {
    _opaque: [u8; 0],
}
#[repr(C)]
pub struct Place {
    _opaque: [u8; 0],
}
#[repr(C)]
pub struct Stanza {
    _opaque: [u8; 0],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Node {
    pub stanza: *const Stanza,
    pub index: u64,
}

#[repr(C)]
pub struct Error {
    pub condition: Str,
    pub kind: Str,
    pub text: Str,
    pub extra: Str,
}

#[repr(C)]
pub struct Value {
    pub kind: u64,
    pub ptr: *mut c_void,
    pub drop: Option<unsafe extern "C" fn(*mut c_void)>,
}

#[repr(C)]
pub struct Event {
    pub size: u32,
    pub phase: u32,
    pub kind: u32,
    pub stanza_type: u32,
    pub site: *mut Site,
    pub instance: *mut c_void,
    pub place: *mut Place,
    pub stanza: *mut Stanza,
    pub session: u64,
    pub subject: Str,
    pub value: Value,
    pub error: Error,
}

pub type HookFn = unsafe extern "C" fn(ud: *mut c_void, event: *mut Event) -> i32;

#[repr(C)]
pub struct Hook {
    pub size: u32,
    pub phase: u32,
    pub priority: i32,
    pub flags: u32,
    pub timeout_ms: u32,
    pub matching: Str,
    pub name: Str,
    pub run: Option<HookFn>,
    pub mend: Option<HookFn>,
    pub ud: *mut c_void,
}

#[repr(C)]
pub struct Iq {
    pub size: u32,
    pub iq_type: u32,
    pub targets: u32,
    pub priority: i32,
    pub timeout_ms: u32,
    pub ns: Str,
    pub name: Str,
    pub run: Option<HookFn>,
    pub ud: *mut c_void,
}

#[repr(C)]
pub struct Item {
    pub size: u32,
    pub kind: u32,
    pub flags: u32,
    pub name: Str,
    pub value: Str,
    pub call: Unused,
    pub ud: *mut c_void,
}

#[repr(C)]
pub struct Head {
    pub size: u32,
    pub kind: u32,
    pub stanza_type: u32,
    pub to: Str,
    pub from: Str,
}

#[repr(C)]
pub struct Draft {
    pub size: u32,
    pub kind: u32,
    pub stanza_type: u32,
    pub to: Str,
    pub from: Str,
    pub id: Str,
    pub language: Str,
    pub payload: Str,
}

/// A function of the server's that nothing here calls.
pub type Unused = *const c_void;

/// The server's functions, in the header's order.
#[repr(C)]
pub struct Core {
    pub size: u32,
    pub major: u16,
    pub minor: u16,
    pub hook: unsafe extern "C" fn(*mut Site, *const Hook) -> u64,
    pub iq: unsafe extern "C" fn(*mut Site, *const Iq) -> u64,
    pub item: unsafe extern "C" fn(*mut Site, *const Item) -> u64,
    pub remove: Unused,
    pub provide: Unused,
    pub query: unsafe extern "C" fn(*mut Site, Str) -> *const c_void,
    pub reply: unsafe extern "C" fn(*mut Event, Str) -> i32,
    pub fail: unsafe extern "C" fn(*mut Event, *const Error) -> i32,
    pub replace: Unused,
    pub pass: Unused,
    pub pend: Unused,
    pub complete: Unused,
    pub answer: Unused,
    pub parse: Unused,
    pub make: unsafe extern "C" fn(*const Draft) -> *mut Stanza,
    pub edit: Unused,
    pub retain: unsafe extern "C" fn(*mut Stanza) -> *mut Stanza,
    pub release: unsafe extern "C" fn(*mut Stanza),
    pub head: unsafe extern "C" fn(*const Stanza, *mut Head),
    pub id: Unused,
    pub language: Unused,
    pub write: Unused,
    pub root: unsafe extern "C" fn(*const Stanza) -> Node,
    pub child: unsafe extern "C" fn(Node, Str, Str) -> Node,
    pub next: Unused,
    pub name: Unused,
    pub ns: Unused,
    pub attribute: Unused,
    pub text: unsafe extern "C" fn(Node, *mut u8, usize) -> i64,
    pub xml: Unused,
    pub jid: Unused,
    pub route: unsafe extern "C" fn(*mut Site, *mut Stanza) -> i32,
    pub route_many: Unused,
    pub visit: Unused,
    pub account: Unused,
    pub sessions: Unused,
    pub send: Unused,
    pub send_nonza: Unused,
    pub state: Unused,
    pub set_state: Unused,
    pub close: Unused,
    pub stream: Unused,
    pub stream_send: Unused,
    pub log_in: Unused,
    pub timer: Unused,
    pub cancel: Unused,
    pub log: unsafe extern "C" fn(*mut Site, i32, Str),
    pub metric: Unused,
    pub measure: Unused,
    pub domain: unsafe extern "C" fn(*mut Site) -> Str,
    pub now_us: Unused,
    pub random: Unused,
    pub hash: Unused,
}

/// "martlet.store/1": what to do with a document or a log.
#[repr(C)]
pub struct Operation {
    pub size: u32,
    pub what: u32,
    pub collection: Str,
    pub key: Str,
    pub value: Str,
    pub columns: *const c_void,
    pub column_count: usize,
    pub filters: *const c_void,
    pub filter_count: usize,
    pub if_version: i64,
    pub time_us: i64,
    pub expires_us: i64,
    pub number: i64,
    pub after: i64,
    pub before: i64,
    pub after_key: Str,
    pub limit: u32,
    pub is_backwards: u8,
    pub wants_total: u8,
}

impl Operation {
    /// On one document; the rest is zero.
    pub fn on(what: u32, collection: &'static str, key: &'static str) -> Operation {
        Operation {
            size: size_of::<Operation>() as u32,
            what,
            collection: Str::new(collection),
            key: Str::new(key),
            value: Str::NONE,
            columns: null(),
            column_count: 0,
            filters: null(),
            filter_count: 0,
            if_version: 0,
            time_us: 0,
            expires_us: 0,
            number: 0,
            after: 0,
            before: 0,
            after_key: Str::NONE,
            limit: 0,
            is_backwards: 0,
            wants_total: 0,
        }
    }
}

#[repr(C)]
pub struct Row {
    pub size: u32,
    pub key: Str,
    pub value: Str,
    pub version: i64,
    pub time_us: i64,
    pub columns: *const c_void,
    pub column_count: usize,
}

#[repr(C)]
pub struct Rows {
    pub size: u32,
    pub is_complete: u8,
    pub rows: *const Row,
    pub row_count: usize,
    pub total: i64,
    pub bytes: i64,
}

pub type StoreDone =
    unsafe extern "C" fn(ud: *mut c_void, status: i32, results: *const Rows, count: usize);

#[repr(C)]
pub struct Store {
    pub size: u32,
    pub ctx: *mut c_void,
    pub perform: unsafe extern "C" fn(
        *mut c_void,
        *mut Site,
        Str,
        *const Operation,
        usize,
        StoreDone,
        *mut c_void,
    ) -> i32,
    pub remove_all: Unused,
}

/// What the plugin says of itself.
#[repr(C)]
pub struct Plugin {
    pub magic: u32,
    pub size: u32,
    pub major: u16,
    pub minor: u16,
    pub flags: u32,
    pub name: Str,
    pub version: Str,
    pub about: Str,
    pub needs: Str,
    pub provides: Str,
    pub settings: Str,
    pub ud: *mut c_void,
    pub load: unsafe extern "C" fn(*mut c_void, *const Core, *mut Site, *mut Str) -> i32,
    pub start: unsafe extern "C" fn(*mut c_void, *mut Site, Str, *mut Str) -> *mut c_void,
    pub configure: Option<unsafe extern "C" fn(*mut c_void, Str, *mut Str) -> i32>,
    pub stop: unsafe extern "C" fn(*mut c_void, unsafe extern "C" fn(*mut c_void), *mut c_void),
}

// The description never changes, and neither does what it points at.
unsafe impl Sync for Plugin {}
