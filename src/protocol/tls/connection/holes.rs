//! Records behind missing bytes: how many were lost, and where the next one begins.

use crate::anomaly::{Anomaly, Class};
use crate::flow::event::{Direction, GapReason};
use crate::protocol::analyzer::Context;
use crate::protocol::buffer::StreamBuffer;
use crate::protocol::tls::connection::content::added;
use crate::protocol::tls::connection::state::Connection;
use crate::protocol::tls::keys::Opener;
use crate::protocol::tls::record::Header;
use crate::protocol::tls::side::{Epoch, Lock, Place};
use crate::time::Frames;

/// Lost records that are tried to be counted at once.
const LOST_AT_ONCE: u64 = 256;

impl Connection {
    /// `missing` bytes of a direction are lost behind what is in `buffer`, which is no whole
    /// record.
    pub(super) fn lose(
        &mut self,
        way: Direction,
        missing: u64,
        reason: GapReason,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        let side = self.sides.of_mut(way);
        side.careful = true;
        side.messages.clear();
        side.passed_over = 0;
        let had = buffer.len() as u64;
        let header = Header::of(&buffer.peek(Header::LEN));
        buffer.clear();
        let place = match (side.place, header) {
            (Place::InStep, Some(header)) => {
                let whole = (Header::LEN + header.length()) as u64;
                let left = whole.saturating_sub(had);
                if missing <= left {
                    self.lose_record(way, whole, reason, cx);
                    Place::Within(left - missing)
                } else {
                    Place::Lost(had + missing)
                }
            }
            (Place::InStep, None) => Place::Lost(had + missing),
            (Place::Within(left), _) if missing + had <= left => {
                Place::Within(left - missing - had)
            }
            (Place::Within(left), _) => Place::Lost((missing + had).saturating_sub(left)),
            (Place::Lost(before), _) => Place::Lost(before.saturating_add(missing + had)),
        };
        let side = self.sides.of_mut(way);
        side.place = place;
        if let Place::Lost(bytes) = place
            && matches!(&side.lock, Lock::Open(opener) if !opener.skips())
        {
            cx.anomaly(out_of_step());
            self.stop(way, usize::try_from(bytes).unwrap_or(usize::MAX), cx);
        }
    }

    /// Nothing of a direction is read from here on, so many bytes and whatever follows them: what
    /// it carried until now is not all.
    pub(super) fn stop(&mut self, way: Direction, bytes: usize, cx: &mut Context<'_>) {
        self.sides.of_mut(way).lock = Lock::Broken;
        if let Some(child) = &mut self.child {
            let reason = GapReason::NotCaptured;
            child.gap(way, bytes.max(1) as u64, reason, &mut cx.within_tls());
        }
    }

    /// One record of a known size is lost: of what it carried the size is known too.
    pub(super) fn lose_record(
        &mut self,
        way: Direction,
        whole: u64,
        reason: GapReason,
        cx: &mut Context<'_>,
    ) {
        let side = self.sides.of_mut(way);
        if let Lock::Open(opener) = &mut side.lock {
            opener.lose(usize::try_from(whole).unwrap_or(usize::MAX).saturating_sub(Header::LEN));
            let text = whole.saturating_sub(added(opener));
            if side.epoch == Epoch::Application || !self.is_13() {
                self.lose_text(way, text, reason, cx);
            }
        }
    }

    /// Bytes of the application are lost: the first of all, it may be.
    pub(super) fn lose_text(
        &mut self,
        way: Direction,
        bytes: u64,
        reason: GapReason,
        cx: &mut Context<'_>,
    ) {
        self.child(cx).gap(way, bytes, reason, &mut cx.within_tls());
    }

    /// Goes to the head of the next record. False where it has not come yet.
    pub(super) fn find_place(
        &mut self,
        way: Direction,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> bool {
        match self.sides.of(way).place {
            Place::InStep => true,
            Place::Within(left) => {
                let here = usize::try_from(left).ok().filter(|left| *left <= buffer.len());
                let passed = here.unwrap_or_else(|| buffer.len().saturating_sub(Opener::BEFORE));
                let before = buffer.peek(passed).into_owned();
                buffer.skip(passed, &mut Frames::default());
                let side = self.sides.of_mut(way);
                side.place = Place::Within(left - passed as u64);
                if here.is_some() {
                    side.place = Place::InStep;
                    if let Lock::Open(opener) = &mut side.lock {
                        opener.stands_behind(&before);
                    }
                }
                here.is_some()
            }
            Place::Lost(bytes) => self.seek(way, bytes, buffer, cx),
        }
    }

    /// Looks for the next record: one that its key opens, or a head behind which is another.
    fn seek(
        &mut self,
        way: Direction,
        mut lost: u64,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> bool {
        let bytes = buffer.peek(buffer.len()).into_owned();
        let epoch = self.sides.of(way).epoch;
        let mut at = 0;
        let found = loop {
            let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) else { break None };
            if rest.len() < Header::LEN {
                break None;
            }
            let Some(header) = Header::of_protected(rest).filter(|it| it.length() > 0) else {
                at += 1;
                continue;
            };
            let before = bytes.get(..at).unwrap_or_default();
            match self.is_record(way, header, (before, rest), lost + at as u64, cx) {
                Looks::Like(skipped) => break Some(skipped),
                Looks::Short => break None,
                Looks::Unlike => at += 1,
            }
        };
        // the bytes before a record may count, which has not come yet
        let passed = if found.is_some() { at } else { at.saturating_sub(Opener::BEFORE) };
        lost += passed as u64;
        buffer.skip(passed, &mut Frames::default());
        let side = self.sides.of_mut(way);
        side.place = if found.is_some() { Place::InStep } else { Place::Lost(lost) };
        if let (Some(records), Lock::Open(opener)) = (found, &mut side.lock) {
            opener.number = opener.number.wrapping_add(records);
            let text = lost.saturating_sub(records.saturating_mul(added(opener)));
            let is_first = records == 0 && side.epoch != epoch;
            if (side.epoch == Epoch::Application || !self.is_13()) && !is_first {
                self.lose_text(way, text, GapReason::NotCaptured, cx);
            }
        }
        found.is_some()
    }

    /// Is what follows a record? With a key: does it open it, as the how-manieth? Without one: is
    /// there another head behind it?
    fn is_record(
        &mut self,
        way: Direction,
        header: Header,
        (before, rest): (&[u8], &[u8]),
        lost: u64,
        cx: &Context<'_>,
    ) -> Looks {
        let end = Header::LEN + header.length();
        let next = rest.get(end..);
        let side = self.sides.of_mut(way);
        let opener = match &mut side.lock {
            Lock::Open(opener) if opener.authenticates() => opener,
            _ => {
                return match next {
                    Some(next) if next.len() >= Header::LEN => match Header::of_protected(next) {
                        // how many were lost no key tells: one, if any
                        Some(_) => Looks::Like(u64::from(lost > 0)),
                        None => Looks::Unlike,
                    },
                    _ => Looks::Short,
                };
            }
        };
        let Some(body) = rest.get(Header::LEN..end) else { return Looks::Short };
        let most = (lost / added(opener)).min(LOST_AT_ONCE);
        let mut left = cx.limits.tls_trials.saturating_sub(side.trials);
        let mut found = how_manieth(opener, header, (before, body), most, &mut left);
        side.trials = cx.limits.tls_trials.saturating_sub(left);
        if found.is_none() && left > 0 {
            // what changes the keys may be lost as well
            let Some((epoch, mut next)) = self.following(way, cx) else { return Looks::Unlike };
            found = how_manieth(&mut next, header, (before, body), most, &mut left);
            let side = self.sides.of_mut(way);
            side.trials = cx.limits.tls_trials.saturating_sub(left);
            if found.is_some() {
                side.take(epoch, next);
            }
        }
        found.map_or(Looks::Unlike, Looks::Like)
    }
}

/// As which record from the next one on a key opens this one, in `left` trials.
fn how_manieth(
    opener: &mut Opener,
    header: Header,
    (before, body): (&[u8], &[u8]),
    most: u64,
    left: &mut u32,
) -> Option<u64> {
    let first = opener.number;
    for records in 0..=most {
        *left = left.checked_sub(1)?;
        opener.number = first.wrapping_add(records);
        opener.stands_behind(before);
        let fits = opener.open(header.0, &mut body.to_vec()).is_some();
        opener.number = first;
        opener.stands_behind(before);
        if fits {
            return Some(records);
        }
    }
    None
}

/// What bytes look like.
enum Looks {
    /// Like a record, before which so many were lost.
    Like(u64),
    /// Too little of it has come.
    Short,
    /// Like something else.
    Unlike,
}

fn out_of_step() -> Anomaly {
    let text = "records are missing, nobody knows of which sizes: with RC4 nothing behind them is \
                read";
    Anomaly::new("tls.out-of-step", Class::Lost, text).citing("RFC 5246 §6.2.3.1")
}
