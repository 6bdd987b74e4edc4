import { BlockList, isIP, isIPv6 } from 'node:net';

/** Addresses that are not on the public Internet, by the registries of special-purpose addresses (IANA). */
const special4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
/** What is public in IPv6; of it, parts that carry an IPv4 address inside or are for documents. */
const public6 = '2000::/3';
const special6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

export interface AddressGuard {
  /** Whether the server may connect to this address. */
  allows(address: string): boolean;
}

/** Allows public addresses, and the networks that the operator names, as in `10.0.0.0/8`; null: nothing at all. */
export function createAddressGuard(networks: readonly string[] | null): AddressGuard {
  if (networks === null) return { allows: () => false };
  const forbidden4 = blockList(special4);
  const forbidden6 = blockList(special6);
  const global6 = blockList([public6]);
  const named = blockList(networks);
  return {
    allows(given) {
      const address = plainAddress(given);
      const version = isIP(address);
      if (version === 0) return false;
      const family = version === 4 ? 'ipv4' : 'ipv6';
      if (named.check(address, family)) return true;
      if (version === 4) return !forbidden4.check(address, family);
      return global6.check(address, family) && !forbidden6.check(address, family);
    },
  };
}

/** An IPv4 address in the clothes of IPv6 is the IPv4 address; a zone names an interface and no place. */
function plainAddress(given: string): string {
  const address = given.replace(/^\[|\]$/g, '');
  if (address.includes('%')) return '';
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const hex = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical);
  if (hex?.[1] === undefined || hex[2] === undefined) return canonical;
  const [high, low] = [parseInt(hex[1], 16), parseInt(hex[2], 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [ip = '', bits] = network.split('/');
    const version = isIP(ip);
    const family = version === 4 ? 'ipv4' : 'ipv6';
    list.addSubnet(ip, bits === undefined ? (version === 4 ? 32 : 128) : Number(bits), family);
  }
  return list;
}
