//! The example plugin in Rust: tells a sender how often the word "martlet" was heard in chats.
//!
//!     cargo build --release        (or: rustc --crate-type cdylib -C panic=abort -O src/lib.rs)
//!
//! No crates. `panic = "abort"`: nothing may unwind into the server.

#![deny(unsafe_op_in_unsafe_fn)]

mod martlet;

use core::ffi::c_void;
use core::mem::size_of;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};
use martlet::*;

const NAME: &str = "keyword-rust";
const KEYWORD: &str = "martlet";

static CORE: AtomicPtr<Core> = AtomicPtr::new(null_mut());

/// The server's functions; set by `load`, before anything else is called.
fn core() -> &'static Core {
    unsafe { &*CORE.load(Ordering::Acquire) }
}

/// A word that was heard, on its way through the store.
struct Hearing {
    site: *mut Site,
    store: *const Store,
    stanza: *mut Stanza,
    count: u64,
}

impl Drop for Hearing {
    fn drop(&mut self) {
        unsafe { (core().release)(self.stanza) }
    }
}

impl Hearing {
    /// Asks the store; `done` gets the hearing back, exactly once.
    fn ask(self: Box<Self>, operation: &Operation, done: StoreDone) {
        let (site, store) = (self.site, self.store);
        let heard = Box::into_raw(self);
        unsafe {
            let (perform, ctx) = ((*store).perform, (*store).ctx);
            if perform(ctx, site, Str::NONE, operation, 1, done, heard as *mut c_void) != OK {
                drop(Box::from_raw(heard)); // then `done` is never called
            }
        }
    }

    fn begin(self: Box<Self>) {
        self.ask(&Operation::on(GET, NAME, KEYWORD), found);
    }

    /// Says how often it was, from the domain to who said it.
    fn tell(&self) {
        let payload = format!("<body>{NAME}: heard {}</body>", self.count);
        unsafe {
            let mut head: Head = core::mem::zeroed();
            head.size = size_of::<Head>() as u32;
            (core().head)(self.stanza, &mut head);
            let draft = Draft {
                size: size_of::<Draft>() as u32,
                kind: MESSAGE,
                stanza_type: TYPE_HEADLINE,
                to: head.from,
                from: Str::NONE,
                id: Str::NONE,
                language: Str::NONE,
                payload: Str::lend(&payload),
            };
            let answer = (core().make)(&draft);
            if !answer.is_null() {
                (core().route)(self.site, answer);
                (core().release)(answer);
            }
        }
    }
}

unsafe extern "C" fn found(ud: *mut c_void, status: i32, results: *const Rows, count: usize) {
    let mut heard = unsafe { Box::from_raw(ud as *mut Hearing) };
    if status != OK || count == 0 {
        return;
    }
    let results = unsafe { &*results };
    let mut put = Operation::on(PUT, NAME, KEYWORD);
    put.if_version = MUST_NOT_EXIST;
    if results.row_count > 0 {
        let row = unsafe { &*results.rows };
        let text = core::str::from_utf8(unsafe { row.value.bytes() }).unwrap_or("");
        heard.count = text.parse().unwrap_or(0);
        put.if_version = row.version;
    }
    heard.count += 1;
    let text = heard.count.to_string();
    put.value = Str::lend(&text);
    heard.ask(&put, written);
}

unsafe extern "C" fn written(ud: *mut c_void, status: i32, _: *const Rows, _: usize) {
    let heard = unsafe { Box::from_raw(ud as *mut Hearing) };
    match status {
        OK => heard.tell(),
        ECONFLICT => heard.begin(), // somebody else counted in between: once more
        _ => unsafe {
            (core().log)(heard.site, LOG_WARNING, Str::new("the count was not written"))
        },
    }
}

/// Whether the message's body has the word in it.
unsafe fn says_keyword(stanza: *const Stanza) -> bool {
    let mut body = [0u8; 4096];
    let length = unsafe {
        let root = (core().root)(stanza);
        let node = (core().child)(root, Str::new("jabber:client"), Str::new("body"));
        (core().text)(node, body.as_mut_ptr(), body.len())
    };
    let text = usize::try_from(length).ok().and_then(|length| body.get(..length));
    core::str::from_utf8(text.unwrap_or(&[])).map_or(false, |text| text.contains(KEYWORD))
}

/// Looks at each chat message with a body that a client of the domain sends.
unsafe extern "C" fn hear(_: *mut c_void, event: *mut Event) -> i32 {
    unsafe {
        let (site, stanza) = ((*event).site, (*event).stanza);
        let store = (core().query)(site, Str::new("martlet.store/1")) as *const Store;
        if !store.is_null() && says_keyword(stanza) {
            let stanza = (core().retain)(stanza);
            Box::new(Hearing { site, store, stanza, count: 0 }).begin();
        }
    }
    CONTINUE
}

/// Once a process: what is the same in all domains.
unsafe extern "C" fn load(
    _: *mut c_void,
    functions: *const Core,
    site: *mut Site,
    error: *mut Str,
) -> i32 {
    CORE.store(functions as *mut Core, Ordering::Release);
    let collection = Item {
        size: size_of::<Item>() as u32,
        kind: ITEM_COLLECTION,
        flags: 0,
        name: Str::new(NAME),
        value: Str::NONE,
        call: core::ptr::null(),
        ud: null_mut(),
    };
    let hook = Hook {
        size: size_of::<Hook>() as u32,
        phase: PHASE_RECEIVED,
        priority: 0,
        flags: HOOK_OBSERVE,
        timeout_ms: 0,
        matching: Str::new("message[@type='chat']/body"),
        name: Str::NONE,
        run: Some(hear),
        mend: None,
        ud: null_mut(),
    };
    unsafe {
        if (core().item)(site, &collection) == 0 || (core().hook)(site, &hook) == 0 {
            *error = Str::new("the server did not take what it registers");
            return EINVAL;
        }
    }
    OK
}

/// Once a domain. It keeps nothing of its own, but must not answer null.
unsafe extern "C" fn start(
    _: *mut c_void,
    site: *mut Site,
    _settings: Str,
    _error: *mut Str,
) -> *mut c_void {
    site as *mut c_void
}

unsafe extern "C" fn stop(
    _: *mut c_void,
    done: unsafe extern "C" fn(*mut c_void),
    done_ud: *mut c_void,
) {
    unsafe { done(done_ud) }
}

static PLUGIN: Plugin = Plugin {
    magic: MAGIC,
    size: size_of::<Plugin>() as u32,
    major: 1,
    minor: 0,
    flags: OFF_BY_DEFAULT,
    name: Str::new(NAME),
    version: Str::new("1.0"),
    about: Str::new("Counts a word in chats: the example in Rust."),
    needs: Str::new("martlet.store/1"),
    provides: Str::NONE,
    settings: Str::NONE,
    ud: null_mut(),
    load,
    start,
    configure: None,
    stop,
};

#[no_mangle]
pub extern "C" fn martlet_plugin_entry() -> *const Plugin {
    &PLUGIN
}
