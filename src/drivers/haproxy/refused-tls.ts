import type { ProxyTls } from "../../domain/proxy-tls.ts";
import type { ListenerPlace, ProxyConfiguration, RefusedPart } from "../../ports/traffic-proxy.ts";
import type { Check } from "./refused-parts.ts";
import { refusedOf } from "./refused-units.ts";
import { digest } from "./tls-names.ts";

/** What of TLS can be refused by itself: a certificate with its key, or what clients' certificates are held against. */
interface Unit {
  readonly key: string;
  readonly place: ListenerPlace;
  readonly tls: ProxyTls;
}

/** A listener or a stream. */
type TlsPlace = ListenerPlace & { readonly tls?: ProxyTls };

/** The certificates that HAProxy refuses, so that one does not keep everybody's changes from coming about, and none replaces one that is good. */
export class RefusedTls {
  #reasons: ReadonlyMap<string, string> = new Map();

  /** Looks for them in a configuration that was refused as a whole, by halves; tells whether there are any that were not known. */
  async look(configuration: ProxyConfiguration, check: Check): Promise<boolean> {
    const units = unitsOf(configuration);
    const found = await refusedOf(
      units.filter(({ key }) => !this.#reasons.has(key)),
      (some) => check(configurationOf(some)),
    );
    const current = new Set(units.map(({ key }) => key));
    this.#reasons = new Map([...[...this.#reasons].filter(([key]) => current.has(key)), ...found]);
    return found.size > 0;
  }

  /**
   * What was there before stays in the place of what is refused; without that, a further certificate is left out, and a listener or stream that would have
   * none, or would let in whom it should not, does not listen.
   * @param before what HAProxy works by
   */
  leaveOut(configuration: ProxyConfiguration, before: ProxyConfiguration | undefined): ProxyConfiguration {
    if (this.#reasons.size === 0) return configuration;
    const { listeners, streams } = configuration;
    return {
      ...configuration,
      listeners: this.#listening(listeners, before?.listeners),
      ...(streams && { streams: this.#listening(streams, before?.streams) }),
    };
  }

  #listening<T extends TlsPlace>(places: readonly T[], before: readonly T[] = []): readonly T[] {
    return places.flatMap((place) => {
      if (!place.tls) return place;
      const tls = this.#accepted(place.tls, before.find(({ id }) => id === place.id)?.tls);
      return tls ? { ...place, tls } : [];
    });
  }

  #accepted(tls: ProxyTls, former: ProxyTls | undefined): ProxyTls | undefined {
    const isGood = (one: ProxyTls): boolean => !this.#reasons.has(keyOf(one));
    const certificates = tls.certificates.flatMap((certificate, at) => {
      if (isGood(withOnly(tls, certificate))) return certificate;
      const before = at === 0 ? former?.certificates[0] : former?.certificates.find(({ id }) => id === certificate.id);
      return before ? { ...before, hosts: certificate.hosts } : [];
    });
    const [first, ...others] = certificates;
    if (!first || (!former && !isGood(withOnly(tls, tls.certificates[0])))) return undefined;
    const { clientCertificates: _wanted, ...rest } = { ...tls, certificates: [first, ...others] as const };
    if (!tls.clientCertificates) return rest;
    const clients = isGood(withClients(tls)) ? tls.clientCertificates : former?.clientCertificates;
    return clients && { ...rest, clientCertificates: clients };
  }

  /** Those of a configuration, as far as is known. */
  in(configuration: ProxyConfiguration): readonly RefusedPart[] {
    if (this.#reasons.size === 0) return [];
    return unitsOf(configuration).flatMap(({ key, place, tls }): RefusedPart[] => {
      const reason = this.#reasons.get(key);
      return reason === undefined ? [] : [{ kind: "tls", listener: place.id, owner: tls.owner, reason }];
    });
  }
}

function withOnly(tls: ProxyTls, certificate: ProxyTls["certificates"][0]): ProxyTls {
  const { clientCertificates: _without, ...rest } = tls;
  return { ...rest, certificates: [{ ...certificate, hosts: [] }] };
}

function withClients(tls: ProxyTls): ProxyTls {
  return { ...tls, certificates: [{ ...tls.certificates[0], hosts: [] }] };
}

function keyOf(tls: ProxyTls): string {
  return digest(JSON.stringify(tls));
}

function unitsOf({ listeners, streams = [] }: ProxyConfiguration): readonly Unit[] {
  const places: readonly TlsPlace[] = [...listeners, ...streams];
  return places.flatMap(({ tls, ...place }) => {
    if (!tls) return [];
    const parts = [...tls.certificates.map((one) => withOnly(tls, one)), ...(tls.clientCertificates ? [withClients(tls)] : [])];
    return parts.map((part) => ({ key: keyOf(part), place, tls: part }));
  });
}

/** Whatever a connection carries, TLS is told alike. */
function configurationOf(units: readonly Unit[]): ProxyConfiguration {
  const listeners = units.map(({ place: { id, addresses, port }, tls }, at) => ({ id: `${id}-${at}`, addresses, port, routes: [], tls }));
  return { listeners, backends: [] };
}
