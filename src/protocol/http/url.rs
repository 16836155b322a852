//! stand-in
use super::message::RequestHead;
use crate::address::Endpoint;
pub struct Url {
    text: Box<str>,
}
pub struct Parts<'a> {
    pub host: &'a str,
}
impl Url {
    pub fn new(text: &str) -> Self {
        Self { text: text.into() }
    }
    pub fn of_request(head: &RequestHead, server: Endpoint) -> Self {
        if head.target.contains("://") {
            return Self { text: head.target.clone() };
        }
        let host = head.fields.get("host").map_or_else(|| server.to_string(), str::to_owned);
        Self { text: format!("http://{host}{}", head.target).into() }
    }
    pub fn parts(&self) -> Option<Parts<'_>> {
        let rest = self.text.split_once("://")?.1;
        let auth = rest.split(['/', '?']).next()?;
        Some(Parts { host: auth.split(':').next()? })
    }
    pub fn join(&self, r: &str) -> Option<String> {
        url::Url::parse(&self.text).ok()?.join(r).ok().map(|u| u.to_string())
    }
    pub fn into_text(self) -> Box<str> {
        self.text
    }
}
