//! Sizes, shares and counts as people read and write them.

/// A size for a sentence: `96 bytes`, `12.5 KiB`, `3 MiB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    for (unit, name) in UNITS {
        if bytes >= unit {
            let tenths = (u128::from(bytes) * 10 + u128::from(unit) / 2) / u128::from(unit);
            return if tenths % 10 == 0 || tenths >= 1000 {
                format!("{} {name}", (tenths + 5) / 10)
            } else {
                format!("{}.{} {name}", tenths / 10, tenths % 10)
            };
        }
    }
    plural(bytes, "byte")
}

/// A size in all its digits: `12,800 bytes`.
pub fn exact(bytes: u64) -> String {
    plural(bytes, "byte")
}

/// A number and what it counts: `1 object`, `1,200 objects`.
pub fn plural(number: u64, what: &str) -> String {
    format!("{} {what}{}", thousands(number), if number == 1 { "" } else { "s" })
}

/// A number with commas: `12,800`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share in whole percent, 0 to 100. What is not all is not called 100 %, and what is not nothing not 0 %.
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "0 %".into();
    }
    let share = (part as f64 * 100.0 / whole as f64).round() as u64;
    match share {
        0 if part > 0 => "less than 1 %".into(),
        100 if part < whole => "more than 99 %".into(),
        share => format!("{share} %"),
    }
}

/// Reads a size that somebody wrote: `2816`, `48K`, `48 KiB`, `1.5M`, `0x400`. K, M and G are powers of 1024.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is not a size such as 2816, 48K or 1.5M");
    let trimmed = text.trim();
    if let Some(digits) = trimmed.strip_prefix("0x") {
        return u64::from_str_radix(digits, 16).map_err(|_| wrong());
    }
    let end =
        trimmed.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_' || c == ',')).unwrap_or(trimmed.len());
    let number: f64 = trimmed[..end].replace(['_', ','], "").parse().map_err(|_| wrong())?;
    let unit = match trimmed[end..].trim().to_ascii_lowercase().as_str() {
        "" | "b" | "byte" | "bytes" => 1.0,
        "k" | "kb" | "kib" => 1024.0,
        "m" | "mb" | "mib" => 1048576.0,
        "g" | "gb" | "gib" => 1073741824.0,
        _ => return Err(wrong()),
    };
    let bytes = number * unit;
    if bytes.is_finite() && bytes < 1e18 { Ok(bytes.round() as u64) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_to_a_tenth() {
        assert_eq!(size(1), "1 byte");
        assert_eq!(size(1000), "1,000 bytes");
        assert_eq!(size(12_800), "12.5 KiB");
        assert_eq!(size(3 << 20), "3 MiB");
        assert_eq!(size(245_152), "239 KiB");
        assert_eq!(size(u64::MAX), "17179869184 GiB");
    }

    #[test]
    fn shares_do_not_exaggerate() {
        assert_eq!(percent(1, 1000), "less than 1 %");
        assert_eq!(percent(999, 1000), "more than 99 %");
        assert_eq!(percent(1, 3), "33 %");
        assert_eq!(percent(0, 0), "0 %");
    }

    #[test]
    fn what_people_write_as_sizes() {
        for (text, bytes) in [("2816", 2816), ("48K", 49152), ("48 KiB", 49152), ("1.5M", 1572864), ("0x400", 1024)] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for text in ["", "K", "48 cats", "-1", "1e400", "99999999999G"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }
}
