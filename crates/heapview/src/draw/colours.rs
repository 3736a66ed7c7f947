//! The colours of kinds: Okabe and Ito's, which people with any kind of colour vision can tell apart, in an order in which
//! neighbours differ in grey, too.

/// Red, green, blue.
pub type Colour = [u8; 3];

/// Of free blocks.
pub const FREE: Colour = [0xf4, 0xf4, 0xf2];
/// Of blocks that could not be read.
pub const UNKNOWN: Colour = [0x00, 0x00, 0x00];
const KINDS: [Colour; 12] = [
    [0x00, 0x72, 0xb2], // blue
    [0xe6, 0x9f, 0x00], // orange
    [0x00, 0x9e, 0x73], // green
    [0xf0, 0xe4, 0x42], // yellow
    [0xd5, 0x5e, 0x00], // vermilion
    [0x56, 0xb4, 0xe9], // sky blue
    [0x4b, 0x2e, 0x83], // not one of theirs, as those without a name
    [0xcc, 0x79, 0xa7], // purple
    [0x7a, 0x3b, 0x10],
    [0xa8, 0xd8, 0x8c],
    [0x70, 0x70, 0x70],
    [0xf7, 0xb6, 0xd2],
];

/// The colour of a kind, by its place in the heap's list. Kinds beyond the twelfth share colours.
pub fn kind(number: u32) -> Colour {
    KINDS[number as usize % KINDS.len()]
}

/// A darker shade, for the first block of an object.
pub fn darker(colour: Colour) -> Colour {
    colour.map(|part| (u16::from(part) * 3 / 5) as u8)
}

/// As CSS and SVG write it.
pub fn css(colour: Colour) -> String {
    format!("#{:02x}{:02x}{:02x}", colour[0], colour[1], colour[2])
}

/// How light a colour is, 0 to 255: as it looks in grey.
pub fn lightness(colour: Colour) -> u32 {
    (299 * u32::from(colour[0]) + 587 * u32::from(colour[1]) + 114 * u32::from(colour[2])) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_differ_in_grey() {
        for pair in KINDS.windows(2) {
            assert!(lightness(pair[0]).abs_diff(lightness(pair[1])) >= 20, "{pair:?}");
        }
        for colour in KINDS {
            assert!(lightness(FREE).abs_diff(lightness(colour)) >= 20, "{colour:?}");
        }
    }
}
