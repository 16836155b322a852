//! Colours and signs: the only place that knows how a phase or a result looks.

use std::borrow::Cow;

use anstyle::{Ansi256Color, AnsiColor, Effects, Style};

use crate::report::format::Options;
use crate::report::text::escape::to_ascii;
use crate::trace::waterfall::Phase;

/// What may be used to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ink {
    /// Colours.
    pub color: bool,
    /// ASCII only.
    pub ascii: bool,
}

/// How something went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Nothing to say.
    #[default]
    Plain,
    /// Well.
    Good,
    /// Well, with something to know: a redirect, a cache.
    Note,
    /// Not as wished.
    Warn,
    /// Badly.
    Bad,
    /// Beside the point.
    Dim,
    /// The point.
    Strong,
    /// Of a phase: in its colour.
    Phase(Phase),
}

impl Ink {
    /// As the options say.
    pub const fn of(options: &Options) -> Self {
        Self { color: options.color, ascii: options.ascii }
    }

    /// `text` in the characters that may be used.
    pub fn text(self, text: &str) -> Cow<'_, str> {
        if self.ascii { to_ascii(text) } else { Cow::Borrowed(text) }
    }

    /// `text` in the colour of `tone`. Does not change its width.
    pub fn paint(self, tone: Tone, text: &str) -> String {
        self.style(style(tone), text)
    }

    /// `text` in a style of its own.
    pub fn style(self, style: Style, text: &str) -> String {
        if !self.color || style.is_plain() || text.is_empty() {
            return text.to_owned();
        }
        format!("{style}{text}{style:#}")
    }

    /// What stands where something was left out; one column wide.
    pub const fn ellipsis(self) -> &'static str {
        if self.ascii { "~" } else { "…" }
    }

    /// What draws a column of a phase where there are no colours.
    pub const fn sign(self, phase: Phase) -> char {
        let (unicode, ascii) = match phase {
            Phase::Neighbor => ('▪', 'a'),
            Phase::Blocked => ('·', '.'),
            Phase::Dns => ('░', 'd'),
            Phase::Connect => ('▒', 'c'),
            Phase::Ssl => ('╳', 't'),
            Phase::Send => ('▸', '>'),
            Phase::Wait => ('▓', 'w'),
            Phase::Receive => ('█', '#'),
            Phase::Idle => ('─', '-'),
            Phase::Close => ('×', 'x'),
        };
        if self.ascii { ascii } else { unicode }
    }
}

/// The colour of a phase: those of WebPageTest, on light and dark grounds.
pub fn phase_style(phase: Phase) -> Style {
    let color = match phase {
        Phase::Neighbor => 179,
        Phase::Blocked | Phase::Idle => 245,
        Phase::Dns => 37,
        Phase::Connect => 208,
        Phase::Ssl => 134,
        Phase::Send => 114,
        Phase::Wait => 71,
        Phase::Receive => 33,
        Phase::Close => 167,
    };
    Style::new().fg_color(Some(Ansi256Color(color).into()))
}

fn style(tone: Tone) -> Style {
    let color = |color: AnsiColor| Style::new().fg_color(Some(color.into()));
    match tone {
        Tone::Plain => Style::new(),
        Tone::Good => color(AnsiColor::Green),
        Tone::Note => color(AnsiColor::Cyan),
        Tone::Warn => color(AnsiColor::Yellow),
        Tone::Bad => color(AnsiColor::Red).effects(Effects::BOLD),
        Tone::Dim => Style::new().effects(Effects::DIMMED),
        Tone::Strong => Style::new().effects(Effects::BOLD),
        Tone::Phase(phase) => phase_style(phase),
    }
}
