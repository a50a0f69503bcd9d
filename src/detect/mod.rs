//! stub
use crate::domain::Technique;
use crate::profile::Profile;
/// x
pub struct Measure {
    /// x
    pub code: &'static str,
    /// x
    pub monotone: bool,
    /// x
    pub sentence: fn(f64, f64) -> String,
}
/// x
pub struct DetectorCard {
    /// x
    pub technique: Technique,
}
/// x
pub const MEASURE_COUNT: usize = 1;
static CARD: DetectorCard = DetectorCard {
    technique: Technique::DatasetSynthesis,
};
static M: Measure = Measure {
    code: "x",
    monotone: true,
    sentence: |_, _| String::new(),
};
/// x
pub fn live_measures() -> impl Iterator<Item = (&'static DetectorCard, &'static Measure)> {
    std::iter::once((&CARD, &M))
}
/// x
pub fn measure_into(p: &Profile, out: &mut [f64; MEASURE_COUNT]) {
    out[0] = p.seen() as f64;
}
