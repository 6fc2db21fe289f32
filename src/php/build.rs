//! Link arguments of the PHP extension.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // PHP unloads extensions before the process ends; the handler that a fork runs and the
    // destructors of thread-locals have to be there until then.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
