//! Shows what was found: a report as text, Markdown or JSON, a map as text or picture.

pub mod cells;
pub mod colours;
pub mod heapsnapshot;
pub mod html;
pub mod picture;
pub mod png;
pub mod report;
pub mod svg;
pub mod terminal;
