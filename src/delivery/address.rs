//! Which addresses belong to the public internet.
//!
//! The table is that of IANA's registries of special-purpose addresses (RFC 6890 and updates),
//! read strictly: what is not known to be globally reachable is refused. IPv6 addresses that
//! embed an IPv4 one are judged by it as well, because something on the way will unpack it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is not one of the public internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Special {
    /// `0.0.0.0/8`, `::`
    Unspecified,
    /// `127.0.0.0/8`, `::1`
    Loopback,
    /// RFC 1918.
    Private,
    /// `169.254.0.0/16`, `fe80::/10`: the metadata services of most clouds are here
    LinkLocal,
    /// Metadata services of clouds at addresses that look public.
    CloudMetadata,
    /// `100.64.0.0/10`
    CarrierNat,
    /// `fc00::/7`
    UniqueLocal,
    /// `fec0::/10`
    SiteLocal,
    /// `224.0.0.0/4`, `ff00::/8`
    Multicast,
    /// `255.255.255.255`
    Broadcast,
    /// RFC 5737, RFC 3849, RFC 9637.
    Documentation,
    /// RFC 2544, RFC 5180.
    Benchmarking,
    /// Set aside by IANA for something else, or not assigned.
    Reserved,
}

impl fmt::Display for Special {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unspecified => "unspecified address",
            Self::Loopback => "loopback address",
            Self::Private => "private address",
            Self::LinkLocal => "link-local address",
            Self::CloudMetadata => "cloud metadata service",
            Self::CarrierNat => "carrier NAT address",
            Self::UniqueLocal => "unique local address",
            Self::SiteLocal => "site-local address",
            Self::Multicast => "multicast address",
            Self::Broadcast => "broadcast address",
            Self::Documentation => "documentation address",
            Self::Benchmarking => "benchmarking address",
            Self::Reserved => "reserved address",
        })
    }
}

/// Why `address` is not one of the public internet; `None`: it is.
pub fn special(address: IpAddr) -> Option<Special> {
    match address {
        IpAddr::V4(address) => special_v4(address),
        IpAddr::V6(address) => special_v6(address),
    }
}

fn special_v4(address: Ipv4Addr) -> Option<Special> {
    Some(match address.octets() {
        [0, ..] => Special::Unspecified,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Special::Private,
        [100, 64..=127, ..] => Special::CarrierNat,
        [127, ..] => Special::Loopback,
        [169, 254, ..] => Special::LinkLocal,
        // Azure's host agent, reachable from its virtual machines alone.
        [168, 63, 129, 16] => Special::CloudMetadata,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Special::Documentation,
        // IETF protocol assignments, and the relays of 6to4 (RFC 7526: deprecated).
        [192, 0, 0, _] | [192, 88, 99, _] => Special::Reserved,
        [198, 18..=19, ..] => Special::Benchmarking,
        [224..=239, ..] => Special::Multicast,
        [255, 255, 255, 255] => Special::Broadcast,
        [240..=255, ..] => Special::Reserved,
        _ => return None,
    })
}

fn special_v6(address: Ipv6Addr) -> Option<Special> {
    let s = address.segments();
    Some(match s {
        [0, 0, 0, 0, 0, 0, 0, 0] => Special::Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => Special::Loopback,
        // IPv4-mapped: the kernel connects by IPv4.
        [0, 0, 0, 0, 0, 0xffff, high, low] => return special_v4(embedded(high, low)),
        // IPv4-compatible (RFC 4291: deprecated) and translated (RFC 2765): never public.
        [0, 0, 0, 0, 0, 0, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] => {
            special_v4(embedded(high, low)).unwrap_or(Special::Reserved)
        }
        // NAT64 (RFC 6052); its local prefix (RFC 8215) leads wherever an operator wished.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => return special_v4(embedded(high, low)),
        [0x64, 0xff9b, 1, ..] => Special::Reserved,
        // 6to4 (RFC 3056).
        [0x2002, high, low, ..] => return special_v4(embedded(high, low)),
        // Teredo (RFC 4380): the server's address, and the client's with every bit inverted.
        [0x2001, 0, server_high, server_low, _, _, high, low] => {
            return special_v4(embedded(server_high, server_low))
                .or_else(|| special_v4(embedded(!high, !low)));
        }
        [0x2001, 2, 0, ..] => Special::Benchmarking,
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Special::Documentation,
        [0x2001, 0..=0x1ff, ..] => Special::Reserved,
        // ISATAP (RFC 5214) below any prefix.
        [_, _, _, _, 0 | 0x200, 0x5efe, high, low] if special_v4(embedded(high, low)).is_some() => {
            return special_v4(embedded(high, low));
        }
        [0xfc00..=0xfdff, ..] => Special::UniqueLocal,
        [0xfe80..=0xfebf, ..] => Special::LinkLocal,
        [0xfec0..=0xfeff, ..] => Special::SiteLocal,
        [0xff00..=0xffff, ..] => Special::Multicast,
        // Global unicast is assigned from here alone.
        [0x2000..=0x3fff, ..] => return None,
        _ => Special::Reserved,
    })
}

fn embedded(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(high) << 16 | u32::from(low))
}
