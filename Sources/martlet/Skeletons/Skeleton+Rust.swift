extension Skeleton {
    var filesInRust: [String: String] {
        [
            "Cargo.toml": manifest,
            "src/lib.rs": sourceInRust,
            "src/martlet.rs": Self.rust,
            "Makefile": makefile(
                """
                $(PLUGIN): Cargo.toml src/lib.rs src/martlet.rs
                \tcargo build --release
                \tcp target/release/libmartlet_\(identifier).so $@
                """
            ),
        ]
    }

    private var manifest: String {
        """
        [package]
        name = "martlet_\(identifier)"
        version = "0.1.0"
        edition = "2021"

        [lib]
        crate-type = ["cdylib"]

        # Nothing may unwind into the server.
        [profile.dev]
        panic = "abort"

        [profile.release]
        panic = "abort"
        strip = true

        """
    }

    private var sourceInRust: String {
        #"""
        //! \#(name): answers `<hello xmlns='urn:example:\#(name)'/>`.
        #![deny(unsafe_op_in_unsafe_fn)]

        mod martlet;

        use core::ffi::c_void;
        use core::mem::size_of;
        use core::ptr::{null, null_mut};
        use core::sync::atomic::{AtomicPtr, Ordering};
        use martlet::*;

        const NS: &str = "urn:example:\#(name)";

        static CORE: AtomicPtr<Core> = AtomicPtr::new(null_mut());

        /// The server's functions; set by `load`, before anything else is called.
        fn core() -> &'static Core {
            unsafe { &*CORE.load(Ordering::Acquire) }
        }

        /// Answers one request: here with a payload, or by `fail` with an error.
        unsafe extern "C" fn hello(_: *mut c_void, event: *mut Event) -> i32 {
            let payload = format!("<hello xmlns='{NS}'>Hello from \#(name)!</hello>");
            unsafe { (core().reply)(event, Str::lend(&payload)) };
            HANDLED
        }

        /// Once a process: registers what is the same in all domains.
        unsafe extern "C" fn load(
            _: *mut c_void,
            functions: *const Core,
            site: *mut Site,
            _error: *mut Str,
        ) -> i32 {
            CORE.store(functions as *mut Core, Ordering::Release);
            let feature = Item {
                size: size_of::<Item>() as u32,
                kind: ITEM_FEATURE,
                flags: TO_DOMAIN,
                name: Str::new(NS),
                value: Str::NONE,
                call: null(),
                ud: null_mut(),
            };
            let request = Iq {
                size: size_of::<Iq>() as u32,
                iq_type: TYPE_GET,
                targets: TO_DOMAIN,
                priority: 0,
                timeout_ms: 0,
                ns: Str::new(NS),
                name: Str::new("hello"),
                run: Some(hello),
                ud: null_mut(),
            };
            unsafe {
                (core().item)(site, &feature);
                (core().iq)(site, &request);
            }
            OK
        }

        /// Once for each domain. What it gives comes back as `event.instance`; null is a refusal.
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
            flags: 0,
            name: Str::new("\#(name)"),
            version: Str::new("0.1"),
            about: Str::new("Answers a greeting."),
            needs: Str::NONE,
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

        """#
    }
}
