//! stand-in
use super::message::RequestHead;
pub fn is_navigation(head: &RequestHead) -> bool {
    head.fields.get("upgrade-insecure-requests") == Some("1")
}
