//! Selects the calling convention of a build. `omnize.dll` and `omnize-stdcall.dll` are compiled from the same source.

use proc_macro::{Group, Literal, TokenStream, TokenTree};

/// Compiles an exported function, or the type of a callback, with the calling convention of this build.
///
/// The source contains `extern "C"` or `extern "C-unwind"`. With the feature `stdcall`, these become `extern "system"` and
/// `extern "system-unwind"`: stdcall on 32-bit Windows, and the same as `"C"` elsewhere.
#[proc_macro_attribute]
pub fn calling_convention(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut found = false;
    let item = with_convention(item, &mut found);
    if found {
        item
    } else {
        "compile_error! { \"the item contains neither `extern \\\"C\\\"` nor `extern \\\"C-unwind\\\"`\" }"
            .parse()
            .expect("it is valid Rust")
    }
}

/// Returns the tokens with each name of a convention replaced.
fn with_convention(tokens: TokenStream, found: &mut bool) -> TokenStream {
    let mut after_extern = false;
    let replaced = tokens.into_iter().map(|token| {
        let is_name = after_extern;
        after_extern = matches!(&token, TokenTree::Ident(word) if word.to_string() == "extern");
        match token {
            TokenTree::Literal(name) if is_name => {
                *found = true;
                TokenTree::Literal(convention(name))
            }
            TokenTree::Group(group) => {
                let inside = with_convention(group.stream(), found);
                let mut new = Group::new(group.delimiter(), inside);
                new.set_span(group.span());
                TokenTree::Group(new)
            }
            other => other,
        }
    });
    replaced.collect()
}

/// Returns the name of the convention in this build.
fn convention(name: Literal) -> Literal {
    let in_this_build = match name.to_string().as_str() {
        "\"C\"" if cfg!(feature = "stdcall") => "system",
        "\"C-unwind\"" if cfg!(feature = "stdcall") => "system-unwind",
        _ => return name,
    };
    let mut replaced = Literal::string(in_this_build);
    replaced.set_span(name.span());
    replaced
}
