//! Generates include/gcheap.h and include/gc/gc.h: `cargo run -q -p xtask -- header [--check]`.

use std::path::{Path, PathBuf};
use std::{env, fs, process::ExitCode};

use cbindgen::{Builder, Config, DocumentationStyle, ItemType, Language, Layout, RenameRule, Style};

const USAGE: &str = "usage: cargo run -p xtask -- header [--check]

  header          write include/gc/*.h from gc*.h.in and crates/bdw/src/, and include/gcheap.h from gcheap.h.in,
                  src/counting/info.rs, src/host.rs, src/c_abi/ and crates/standalone/src/c_abi/
  header --check  write nothing; fail if one of them differs from what `header` would write";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        ["header"] => HEADERS.iter().try_for_each(|(name, template)| {
            let text = header(template)?;
            fs::create_dir_all(path(name).parent().expect("it is in a directory")).map_err(|e| e.to_string())?;
            fs::write(path(name), text).map_err(|e| format!("cannot write {name}: {e}"))
        }),
        ["header", "--check"] => HEADERS.iter().try_for_each(|(name, template)| compare(name, &header(template)?)),
        _ => Err(USAGE.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}

/// The headers, each with its template.
const HEADERS: [(&str, &str); 6] = [
    ("include/gcheap.h", include_str!("gcheap.h.in")),
    ("include/gc/gc.h", include_str!("gc.h.in")),
    ("include/gc/gc_mark.h", include_str!("gc_mark.h.in")),
    ("include/gc/gc_gcj.h", include_str!("gc_gcj.h.in")),
    ("include/gc/gc_disclaim.h", include_str!("gc_disclaim.h.in")),
    ("include/gc/gc_typed.h", include_str!("gc_typed.h.in")),
];

/// The path of a file of the repository.
fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("xtask lies in crates/").join(relative)
}

/// Fails if the header in the repository differs from this text.
fn compare(name: &str, text: &str) -> Result<(), String> {
    let old = fs::read_to_string(path(name)).map_err(|e| format!("cannot read {name}: {e}"))?;
    if old == text {
        return Ok(());
    }
    let line = 1 + old.lines().zip(text.lines()).take_while(|(old, new)| old == new).count();
    Err(format!("{name} is out of date from line {line} on; run: cargo run -p xtask -- header"))
}

/// The text of a header: its template, with the declarations from cbindgen in place of the `@…@` lines.
fn header(template: &str) -> Result<String, String> {
    let mut text = String::new();
    for line in template.lines() {
        let part = match line {
            "@info@" => declarations("src/counting/info.rs", &[ItemType::Structs], |c| {
                c.export.include = vec!["Info".into()];
                c.defines.insert("gcheap_split_heap_auto".into(), "GCHEAP_SPLIT_HEAP_AUTO".into());
                c.style = Style::Both;
            })?
            // If the last field is conditional, cbindgen writes its semicolon behind the #endif.
            .replace("\n#endif\n    ;", ";\n#endif"),
            "@misuse@" => declarations("src/host.rs", &[ItemType::Enums], |c| {
                c.export.include = vec!["Misuse".into()];
                c.export.rename.insert("Misuse".into(), "gcheap_misuse".into());
                c.cpp_compat = true;
                c.style = Style::Both;
                c.enumeration.rename_variants = RenameRule::ScreamingSnakeCase;
                c.enumeration.prefix_with_name = true;
            })?,
            "@functions@" => declarations("src/c_abi/exports.rs", &[ItemType::Functions], |c| {
                c.defines.insert("gcheap_split_heap".into(), "GCHEAP_SPLIT_HEAP".into());
                c.defines.insert("gcheap_weakref".into(), "GCHEAP_WEAKREF".into());
                c.defines.insert("gcheap_snapshot".into(), "GCHEAP_SNAPSHOT".into());
            })?,
            "@statistics@" => {
                let of_struct = |file: &str, name: &str| {
                    declarations(file, &[ItemType::Structs], |c| {
                        c.export.include = vec![name.into()];
                        c.style = Style::Both;
                    })
                };
                let functions = declarations("src/c_abi/statistics.rs", &[ItemType::Functions], |_| ())?;
                [
                    of_struct("src/inspect/numbers.rs", "Statistics")?,
                    of_struct("src/inspect/free_runs.rs", "FreeRuns")?,
                    format!("#ifdef GCHEAP_STATISTICS\n{functions}\n#endif"),
                ]
                .join("\n\n")
            }
            "@standalone@" => {
                STANDALONE.iter().map(|name| standalone(name)).collect::<Result<Vec<_>, _>>()?.join("\n\n")
            }
            "@bdw@" => all_of_bdw(&BDW)?,
            "@bdw_mark@" => all_of_bdw(&BDW_MARK)?,
            "@bdw_gcj@" => all_of_bdw(&["gcj"])?,
            "@bdw_disclaim@" => all_of_bdw(&["disclaim"])?,
            "@bdw_typed@" => all_of_bdw(&["typed"])?,
            "@host@" => {
                declarations("src/c_abi/imports.rs", &[ItemType::Functions], |_| ())?.replace("\nextern ", "\n")
            }
            _ => line.into(),
        };
        text += part.trim_end();
        text += "\n";
    }
    Ok(text)
}

/// The C functions of the standalone library, in the header's order.
const STANDALONE: [&str; 7] = ["objects", "collection", "finalisers", "roots", "threads", "heaps", "snapshots"];

/// The same for Boehm's interface: of gc.h, and of gc_mark.h.
const BDW: [&str; 17] = [
    "start",
    "objects",
    "resize",
    "aligned",
    "collection",
    "finalisers",
    "links",
    "roots",
    "variables",
    "settings",
    "tuning",
    "writing",
    "events",
    "threads",
    "stackbottom",
    "lock",
    "debugging",
];
const BDW_MARK: [&str; 3] = ["kinds", "bounds", "marking"];

/// The declarations of several files of Boehm's interface.
fn all_of_bdw(names: &[&str]) -> Result<String, String> {
    Ok(names.iter().map(|name| bdw(name)).collect::<Result<Vec<_>, _>>()?.join("\n\n"))
}

/// The declarations of one file of Boehm's interface. Their types are in the template.
fn bdw(name: &str) -> Result<String, String> {
    declarations(&format!("crates/bdw/src/{name}.rs"), &[ItemType::Globals, ItemType::Functions], |c| {
        c.export.exclude.push("gcheap_marker".into());
        c.style = Style::Tag;
    })
}

/// The declarations of one file of the standalone library.
fn standalone(name: &str) -> Result<String, String> {
    let source = format!("crates/standalone/src/c_abi/{name}.rs");
    let items = [ItemType::Constants, ItemType::Structs, ItemType::Functions];
    declarations(&source, &items, |c| {
        c.style = Style::Both;
        c.export.rename.insert("Function".into(), "gcheap_finaliser_t".into());
    })
}

/// The C declarations for the items of these kinds in one source file, in the file's order.
fn declarations(source: &str, items: &[ItemType], adjust: impl FnOnce(&mut Config)) -> Result<String, String> {
    let mut config = Config { language: Language::C, no_includes: true, usize_is_size_t: true, ..Config::default() };
    config.documentation_style = DocumentationStyle::Cxx;
    config.line_length = 120;
    config.tab_width = 4;
    config.style = Style::Type;
    config.function.args = Layout::Horizontal;
    config.export.rename.insert("Info".into(), "gc_info_t".into());
    config.export.rename.insert("Statistics".into(), "gc_statistics_t".into());
    config.export.rename.insert("FreeRuns".into(), "gc_free_runs_t".into());
    config.export.item_types = items.to_vec();
    adjust(&mut config);
    let bindings = Builder::new()
        .with_config(config)
        .with_src(path(source))
        .generate()
        .map_err(|e| format!("cbindgen cannot read {source}: {e}"))?;
    let mut text = Vec::new();
    bindings.write(&mut text);
    let text = String::from_utf8(text).map_err(|e| format!("{source}: {e}"))?;
    if text.trim().is_empty() {
        return Err(format!("cbindgen found nothing in {source}"));
    }
    Ok(for_c_readers(text.trim()))
}

/// The text with doc comments for readers of C: without Markdown's marks, and "Requires:" instead of a Safety section.
fn for_c_readers(text: &str) -> String {
    let mut parts = text.split("///\n/// # Safety\n/// ");
    let mut out: String = parts.next().unwrap_or_default().into();
    for part in parts {
        let mut letters = part.chars();
        let first = letters.next().map(|letter| letter.to_ascii_lowercase());
        out.extend("/// Requires: ".chars().chain(first).chain(letters));
    }
    out.replace('`', "")
}
