//! Punycode (RFC 3492): a label of a host name in ASCII.

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const INITIAL_BIAS: u32 = 72;
const INITIAL_N: u32 = 128;

/// Encodes a label, without the prefix `xn--`. Returns `None` if a number overflows, which is impossible for a valid label.
pub(crate) fn encode(label: &str) -> Option<String> {
    let code_points: Vec<u32> = label.chars().map(u32::from).collect();
    let mut encoded: String = label.chars().filter(char::is_ascii).collect();
    let basic = u32::try_from(encoded.len()).ok()?;
    if basic > 0 {
        encoded.push('-');
    }
    let (mut n, mut delta, mut bias, mut handled) = (INITIAL_N, 0u32, INITIAL_BIAS, basic);
    while let Some(next) = code_points
        .iter()
        .copied()
        .filter(|point| *point >= n)
        .min()
    {
        delta = delta.checked_add((next - n).checked_mul(handled + 1)?)?;
        n = next;
        for point in &code_points {
            if *point < n {
                delta = delta.checked_add(1)?;
            }
            if *point == n {
                push_number(&mut encoded, delta, bias);
                bias = adapt(delta, handled + 1, handled == basic);
                delta = 0;
                handled += 1;
            }
        }
        delta = delta.checked_add(1)?;
        n += 1;
    }
    Some(encoded)
}

/// Appends a number as a variable-length integer, whose digits depend on `bias`.
fn push_number(encoded: &mut String, number: u32, bias: u32) {
    let mut rest = number;
    let mut k = BASE;
    loop {
        let threshold = k.saturating_sub(bias).clamp(T_MIN, T_MAX);
        if rest < threshold {
            encoded.push(digit(rest));
            return;
        }
        encoded.push(digit(threshold + (rest - threshold) % (BASE - threshold)));
        rest = (rest - threshold) / (BASE - threshold);
        k += BASE;
    }
}

/// A digit below 36: a to z, then 0 to 9.
fn digit(value: u32) -> char {
    let first = if value < 26 { b'a' } else { b'0' - 26 };
    // At most b'z': the value is below 36.
    char::from(first + value as u8)
}

fn adapt(delta: u32, count: u32, is_first: bool) -> u32 {
    let mut delta = if is_first { delta / DAMP } else { delta / 2 };
    delta += delta / count;
    let mut k = 0;
    while delta > (BASE - T_MIN) * T_MAX / 2 {
        delta /= BASE - T_MIN;
        k += BASE;
    }
    k + (BASE - T_MIN + 1) * delta / (delta + SKEW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_labels_as_the_standard_does() {
        for (label, encoded) in [
            ("café", "caf-dma"),
            ("bücher", "bcher-kva"),
            ("ação", "ao-siap"),
            ("例え", "r8jz45g"),
            // Samples of RFC 3492, section 7.1: (I), (L) and (P).
            (
                "почемужеонинеговорятпорусски",
                "b1abfaaepdrnnbgefbadotcwatmq2g4l",
            ),
            ("3年b組金八先生", "3b-ww4c5e180e575a65lsy2b"),
            (
                "hello-another-way-それぞれの場所",
                "hello-another-way--fc4qua05auwb3674vfr0b",
            ),
        ] {
            assert_eq!(encode(label).unwrap(), encoded, "{label}");
        }
    }

    #[test]
    fn a_label_that_overflows_is_rejected() {
        let label = format!("{}\u{10ffff}", "a".repeat(5000));
        assert_eq!(encode(&label), None);
    }
}
