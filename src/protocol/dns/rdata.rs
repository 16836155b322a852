//! What records say: the data of each type as values or in presentation form.

use domain::base::charstr::CharStr;
use domain::base::name::ParsedName;
use domain::base::record::ParsedRecord;
use domain::base::wire::ParseError;
use domain::rdata::{AllRecordData, Txt};

use crate::protocol::dns::message::{Class, RecordData};
use crate::protocol::dns::{rarer, svcb, text};

type Data<'a> = AllRecordData<&'a [u8], ParsedName<&'a [u8]>>;

/// The data of a record; `raw` are its bytes.
pub(super) fn data(record: &ParsedRecord<'_, [u8]>, raw: &[u8]) -> Result<RecordData, ParseError> {
    let class = Class(record.class().to_int());
    // updates (RFC 2136 §2.4) name records without data; addresses of other classes are not IP
    if raw.is_empty() || (class == CHAOS && record.rtype().to_int() == 1) {
        return Ok(RecordData::Other(text::unknown(raw)));
    }
    Ok(match record.to_any_record::<Data<'_>>()?.into_data() {
        AllRecordData::A(a) => RecordData::A(a.addr()),
        AllRecordData::Aaaa(aaaa) => RecordData::Aaaa(aaaa.addr()),
        AllRecordData::Cname(cname) => RecordData::Name(text::name(cname.cname())),
        AllRecordData::Dname(dname) => RecordData::Name(text::name(dname.dname())),
        AllRecordData::Ns(ns) => RecordData::Name(text::name(ns.nsdname())),
        AllRecordData::Ptr(ptr) => RecordData::Name(text::name(ptr.ptrdname())),
        AllRecordData::Mx(mx) => {
            RecordData::Mx { preference: mx.preference(), exchange: text::name(mx.exchange()) }
        }
        AllRecordData::Soa(soa) => RecordData::Soa {
            mname: text::name(soa.mname()),
            rname: text::name(soa.rname()),
            serial: soa.serial().into_int(),
            minimum: soa.minimum().as_secs(),
        },
        AllRecordData::Txt(txt) => strings(&txt),
        AllRecordData::Srv(srv) => RecordData::Srv {
            priority: srv.priority(),
            weight: srv.weight(),
            port: srv.port(),
            target: text::name(srv.target()),
        },
        AllRecordData::Svcb(svcb) => RecordData::Svcb {
            priority: svcb.priority(),
            target: text::name(svcb.target()),
            params: svcb
                .params()
                .iter_raw()
                .map(|param| svcb::parameter(param.key().to_int(), param.value()))
                .collect(),
        },
        AllRecordData::Https(https) => RecordData::Svcb {
            priority: https.priority(),
            target: text::name(https.target()),
            params: https
                .params()
                .iter_raw()
                .map(|param| svcb::parameter(param.key().to_int(), param.value()))
                .collect(),
        },
        AllRecordData::Unknown(_) if record.rtype().to_int() == SPF => {
            strings(&Txt::from_octets(raw).map_err(|_| ParseError::form_error("bad SPF data"))?)
        }
        AllRecordData::Unknown(_) | AllRecordData::Null(_) => {
            let words = rarer::words(record.rtype().to_int(), raw);
            RecordData::Other(words.map_or_else(|| text::unknown(raw), String::into_boxed_str))
        }
        AllRecordData::Rrsig(signature) => {
            RecordData::Other(signed(&signature.to_string()).into_boxed_str())
        }
        // one line each: the brackets of a zone file are for line breaks
        bytes @ (AllRecordData::Sshfp(_)
        | AllRecordData::Tlsa(_)
        | AllRecordData::Zonemd(_)
        | AllRecordData::Openpgpkey(_)
        | AllRecordData::Ipseckey(_)) => {
            let line = bytes.to_string().replace("( ", "").replace(" )", "");
            RecordData::Other(text::printable(&line))
        }
        other => RecordData::Other(text::printable(&other.to_string())),
    })
}

/// A signature with its two times as people read them (RFC 4034 §3.2): the fifth and sixth word.
fn signed(line: &str) -> String {
    let words = line.split(' ').enumerate().map(|(nth, word)| {
        let seconds = word.parse::<u32>().ok().filter(|_| matches!(nth, 4 | 5));
        let time = seconds.and_then(|s| jiff::Timestamp::from_second(i64::from(s)).ok());
        time.map_or_else(|| word.to_owned(), |time| time.strftime("%Y%m%d%H%M%S").to_string())
    });
    let words: Vec<String> = words.collect();
    words.join(" ")
}

fn strings<O: AsRef<[u8]>>(txt: &Txt<O>) -> RecordData {
    RecordData::Txt(
        txt.iter_charstrs().map(|part: &CharStr<[u8]>| text::string(part.as_slice())).collect(),
    )
}

/// RFC 1035 §3.2.4.
const CHAOS: Class = Class(3);

/// RFC 7208 §14.1: a type of its own for what TXT carries now.
const SPF: u16 = 99;
