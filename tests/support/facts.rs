//! Captures by others with the facts that tshark found in them (`../shared/corpus`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use urltrace::capture::Files;
use urltrace::capture::keylog::{KeyLog, Keyed};
use urltrace::capture::source::CaptureError;

/// One capture of the collection.
#[derive(Clone, Debug)]
pub(crate) struct CorpusFile {
    /// Its name within the collection.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// The key log beside it.
    pub(crate) keys: Option<PathBuf>,
    facts: PathBuf,
    tags: Vec<String>,
}

/// Two ends of a conversation, the lower one first.
pub(crate) type Conversation = (String, String);

/// What was said in HTTP in each conversation, in order.
pub(crate) struct Heard {
    /// As tshark sees it by default.
    pub(crate) default: BTreeMap<Conversation, Vec<String>>,
    /// As it sees it with segments put in order.
    pub(crate) ordered: BTreeMap<Conversation, Vec<String>>,
    /// The conversations in which anything was said behind the hello of a TLS handshake.
    pub(crate) encrypted: BTreeSet<Conversation>,
}

/// What tshark says about one capture.
pub(crate) struct Facts {
    document: Value,
}

/// One TCP conversation as tshark sees it.
pub(crate) struct TcpRow {
    /// Its first and last frame.
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) client: String,
    pub(crate) server: String,
    /// True where a SYN or a SYN-ACK told who is the client; else it is the first sender.
    pub(crate) is_told: bool,
    /// From the client and from the server.
    pub(crate) packets: [u64; 2],
    pub(crate) bytes: [u64; 2],
    /// `S A fc fs rc rs`: SYN, SYN-ACK, FIN and RST of client and server, as far as seen.
    pub(crate) flags: String,
    /// Bits: 1 SYN, 2 SYN-ACK, 4 ACK, 8 data, 16 FIN, 32 RST.
    pub(crate) completeness: u64,
    /// Segments by what the analysis calls them.
    pub(crate) analysis: BTreeMap<String, u64>,
}

/// All captures with one of these tags, by name.
pub(crate) fn corpus(folder: &Path, tags: &[&str]) -> Vec<CorpusFile> {
    let manifest = fs::read_to_string(folder.join("MANIFEST.tsv")).unwrap();
    let mut lines = manifest.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let head = lines.next().unwrap();
    let column = |name: &str| head.iter().position(|column| *column == name).unwrap();
    let (file, keylog, of_tags) = (column("file"), column("keylog"), column("tags"));
    let files = lines.map(|line| {
        let name = line[file].to_owned();
        CorpusFile {
            path: folder.join(&name),
            keys: Some(line[keylog]).filter(|log| !log.is_empty()).map(|log| folder.join(log)),
            facts: folder.join("expected").join(format!("{name}.json")),
            tags: line[of_tags].split([',', ' ']).map(str::to_owned).collect(),
            name,
        }
    });
    let mut files: Vec<CorpusFile> =
        files.filter(|file| file.tags.iter().any(|tag| tags.contains(&tag.as_str()))).collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

impl CorpusFile {
    /// The capture with its keys: tshark's facts are made with them too.
    pub(crate) fn open(&self) -> Result<Keyed<Files>, CaptureError> {
        let logs = self.keys.iter().map(|log| KeyLog::open(log).unwrap()).collect();
        Ok(Keyed::new(urltrace::capture::open(&self.path)?, logs))
    }

    pub(crate) fn facts(&self) -> Facts {
        let text = fs::read(&self.facts).unwrap_or_else(|e| panic!("{}: {e}", self.name));
        let document = serde_json::from_slice(&text);
        Facts { document: document.unwrap_or_else(|e| panic!("{}: {e}", self.name)) }
    }
}

impl Facts {
    pub(crate) fn packets(&self) -> u64 {
        self.document["packets"].as_u64().unwrap()
    }

    /// Rows of a table as maps from column to value; true where the table was cut.
    fn table<'a>(holder: &'a Value, name: &str) -> (Vec<BTreeMap<&'a str, &'a Value>>, bool) {
        let table = &holder[name];
        let Some(columns) = table["cols"].as_array() else { return (Vec::new(), false) };
        let columns: Vec<&str> = columns.iter().map(|column| column.as_str().unwrap()).collect();
        let rows = table["rows"].as_array().unwrap();
        let cut = table["total"].as_u64() != Some(rows.len() as u64);
        let rows =
            rows.iter().map(|row| columns.iter().copied().zip(row.as_array().unwrap()).collect());
        (rows.collect(), cut)
    }

    /// Every TCP conversation; none where the table was cut.
    pub(crate) fn tcp(&self) -> Option<Vec<TcpRow>> {
        let (rows, cut) = Self::table(&self.document, "tcp");
        let rows = rows.iter().map(|row| {
            let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
            let number = |name: &str| row[name].as_u64().unwrap_or_default();
            let counts = row["analysis"].as_object().into_iter().flatten();
            TcpRow {
                first: number("first"),
                last: number("last"),
                client: format!("{} {}", text("client"), row["cport"]),
                server: format!("{} {}", text("server"), row["sport"]),
                is_told: row["role_from"] != "first",
                packets: ["pkts_cs", "pkts_sc"].map(number),
                bytes: ["bytes_cs", "bytes_sc"].map(number),
                flags: text("flags"),
                completeness: number("completeness"),
                analysis: counts
                    .map(|(kind, count)| (kind.clone(), count.as_u64().unwrap_or_default()))
                    .collect(),
            }
        });
        (!cut).then(|| rows.collect())
    }

    /// The ends of each TCP stream.
    fn streams(&self) -> BTreeMap<u64, Conversation> {
        let (rows, _) = Self::table(&self.document, "tcp");
        let streams = rows.iter().map(|row| {
            let end = |ip, port| format!("{} {}", row[ip].as_str().unwrap(), row[port]);
            let (client, server) = (end("client", "cport"), end("server", "sport"));
            (row["stream"].as_u64().unwrap(), conversation(client, server))
        });
        streams.collect()
    }

    /// The frame of the first TLS hello of each TCP stream that has one.
    fn hellos(&self) -> BTreeMap<u64, u64> {
        let mut first = BTreeMap::new();
        for table in ["tls_client_hellos", "tls_server_hellos"] {
            let (rows, _) = Self::table(&self.document, table);
            for row in rows.iter().filter(|row| row["via"] == "tcp") {
                let number = |name: &str| row[name].as_u64().unwrap();
                let frame = first.entry(number("stream_or_quic_conn")).or_insert(u64::MAX);
                *frame = number("frame").min(*frame);
            }
        }
        first
    }

    /// What was said in HTTP; none where the table was cut.
    pub(crate) fn http(
        &self,
        table: &str,
        words: impl Fn(&BTreeMap<&str, &Value>) -> String,
    ) -> Option<Heard> {
        // Rows without a stream are HTTP over UDP (SSDP).
        self.heard(table, &self.hellos(), |row| row["stream"].as_u64(), words)
    }

    /// The hellos of TLS over TCP; none where the table was cut. Those within QUIC are left out.
    pub(crate) fn tls(
        &self,
        table: &str,
        words: impl Fn(&BTreeMap<&str, &Value>) -> String,
    ) -> Option<Heard> {
        let stream = |row: &BTreeMap<&str, &Value>| {
            row["stream_or_quic_conn"].as_u64().filter(|_| row["via"] == "tcp")
        };
        self.heard(table, &BTreeMap::new(), stream, words)
    }

    /// The hellos of TLS within QUIC; none where the table was cut.
    pub(crate) fn tls_in_quic(
        &self,
        table: &str,
        words: impl Fn(&BTreeMap<&str, &Value>) -> String,
    ) -> Option<Vec<String>> {
        let (rows, cut) = Self::table(&self.document, table);
        let rows = rows.iter().filter(|row| row["via"] == "quic").map(words);
        (!cut).then(|| rows.collect())
    }

    /// What was said in heads of HTTP/2; none where the table was cut.
    pub(crate) fn http2(&self, words: impl Fn(&BTreeMap<&str, &Value>) -> String) -> Option<Heard> {
        let stream = |row: &BTreeMap<&str, &Value>| row["tcp_stream"].as_u64();
        self.heard("http2_headers", &self.hellos(), stream, words)
    }

    /// What was said in TCP streams, and in which of them after the first of `hellos`.
    fn heard(
        &self,
        table: &str,
        hellos: &BTreeMap<u64, u64>,
        stream: impl Fn(&BTreeMap<&str, &Value>) -> Option<u64>,
        words: impl Fn(&BTreeMap<&str, &Value>) -> String,
    ) -> Option<Heard> {
        let streams = self.streams();
        let mut encrypted = BTreeSet::new();
        let ordered = &self.document["alt_ooo"];
        let alternative = if ordered.get(table).is_some() { ordered } else { &self.document };
        let mut cut = false;
        let tables = [&self.document, alternative].map(|holder| {
            let mut said: BTreeMap<Conversation, Vec<String>> = BTreeMap::new();
            let (rows, incomplete) = Self::table(holder, table);
            cut |= incomplete;
            for row in rows {
                let Some(stream) = stream(&row) else { continue };
                let unknown = || (format!("stream {stream}"), String::new());
                let ends = streams.get(&stream).cloned().unwrap_or_else(unknown);
                if hellos.get(&stream).is_some_and(|hello| row["frame"].as_u64() > Some(*hello)) {
                    encrypted.insert(ends.clone());
                }
                said.entry(ends).or_default().push(words(&row));
            }
            said
        });
        let [default, ordered] = tables;
        (!cut).then_some(Heard { default, ordered, encrypted })
    }

    /// How many packets have which layers, as `frame.protocols` names them; none where not all are
    /// listed.
    pub(crate) fn stacks(&self) -> Option<impl Iterator<Item = (&str, usize)>> {
        let stacks = self.document["stacks"].as_object()?;
        let all = self.document["stacks_distinct"].as_u64()?;
        let count = |count: &Value| usize::try_from(count.as_u64().unwrap()).unwrap();
        (stacks.len() as u64 == all)
            .then(|| stacks.iter().map(move |(stack, many)| (stack.as_str(), count(many))))
    }

    /// Every ARP message; none where the table was cut.
    pub(crate) fn arp(
        &self,
        words: impl Fn(&BTreeMap<&str, &Value>) -> String,
    ) -> Option<Vec<String>> {
        let (rows, cut) = Self::table(&self.document, "arp");
        (!cut).then(|| rows.iter().map(words).collect())
    }

    /// Every DNS message that is not quoted in an ICMP error; none where the table was cut.
    pub(crate) fn dns<T>(&self, words: impl Fn(&BTreeMap<&str, &Value>) -> T) -> Option<Vec<T>> {
        let (rows, cut) = Self::table(&self.document, "dns");
        let whole = rows.iter().filter(|row| row["in_icmp_error"].as_u64() == Some(0));
        (!cut).then(|| whole.map(words).collect())
    }
}

impl Facts {
    /// Every message of a WebSocket: the frame of its end, opcode and bytes of payload; none where
    /// the table was cut. Its rows are frames: those of one message and one direction belong
    /// together.
    pub(crate) fn websocket(&self) -> Option<Vec<String>> {
        let (rows, cut) = Self::table(&self.document, "websocket");
        let mut begun: BTreeMap<(u64, u64), (u64, u64)> = BTreeMap::new();
        let mut messages = Vec::new();
        for row in rows {
            let number = |column: &str| row[column].as_u64().unwrap_or_default();
            let (opcode, length) = (number("opcode"), number("len"));
            let way = (number("stream"), number("mask"));
            let before = if opcode < 8 { begun.remove(&way) } else { None };
            let (opcode, length) =
                before.map_or((opcode, length), |(first, sum)| (first, sum + length));
            if number("fin") == 1 {
                messages.push(format!("{} {opcode} {length}", number("frame")));
            } else {
                begun.insert(way, (opcode, length));
            }
        }
        (!cut).then_some(messages)
    }

    /// Initial packets of QUIC, Retries and packets of version negotiation; none where the table was
    /// cut.
    pub(crate) fn quic(&self) -> Option<Vec<BTreeMap<&str, &Value>>> {
        let (rows, cut) = Self::table(&self.document, "quic_initials");
        (!cut).then_some(rows)
    }
}

/// The two ends, the lower one first.
pub(crate) fn conversation(a: String, b: String) -> Conversation {
    if a <= b { (a, b) } else { (b, a) }
}

/// Text as both sides can agree on: escapes are undone, and what is not printable ASCII becomes
/// one question mark a run.
pub(crate) fn printable(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (length, c) = escape(rest).unwrap_or_else(|| (first.len_utf8(), first));
        rest = &rest[length..];
        if c != '?' && (c == ' ' || c.is_ascii_graphic()) {
            plain.push(c);
        } else if !plain.ends_with('?') {
            plain.push('?');
        }
    }
    plain
}

/// The length and meaning of `\xNN`, `\DDD`, `\.` or `\\` at the front.
fn escape(text: &str) -> Option<(usize, char)> {
    let rest = text.strip_prefix('\\')?;
    let number = |digits: Option<&str>, radix: u32| {
        let digits = digits.filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        Some(char::from(u8::from_str_radix(digits, radix).ok()?))
    };
    if let Some(c) = rest.strip_prefix('x').and_then(|hex| number(hex.get(..2), 16)) {
        return Some((4, c));
    }
    if let Some(c) = number(rest.get(..3), 10) {
        return Some((4, c));
    }
    let c = rest.chars().next().filter(|c| matches!(c, '.' | '\\'))?;
    Some((2, c))
}
