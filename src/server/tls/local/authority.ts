/**
 * Makes certificates: an authority (CA) of one's own, and server certificates that it signs. The
 * only file that loads the library for ASN.1, which takes 150 ms, so it is loaded only when a
 * certificate has to be made. Keys and signatures are made by the runtime.
 *
 * The authority can do little harm if its key gets out. Its name constraints are critical (RFC 5280
 * §4.2.1.10): it can certify this machine's names, those below localhost, and private addresses,
 * and a client that doesn't understand constraints trusts nothing that it has signed. It can sign
 * no further authority (pathLenConstraint 0), and nothing but servers.
 */

import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
} from "node:crypto";
import type { KeyObject } from "node:crypto";

import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import * as asn1 from "@peculiar/asn1-x509";

import type { KeyPair } from "../certificate.ts";
import type { Subjects } from "./machine-subjects.ts";

/** ecdsa-with-SHA256 (RFC 5758 §3.2). */
const ecdsaWithSha256 = "1.2.840.10045.4.3.2";
const commonName = "2.5.4.3";

const dayMs = 24 * 60 * 60 * 1000;

/** How long an authority is valid. After it another one has to be trusted. */
const authorityDays = 3650;

/** How long a server's certificate is valid; browsers take at most 397 days. */
const certificateDays = 90;

/** How far back the validity begins, for clients whose clock is slow. */
const backdatedMs = dayMs;

/** The longest common name (RFC 5280 appendix A.1, ub-common-name). */
const commonNameMax = 64;

/** What a certificate says of its subject, and who signs it. */
interface Contents extends Validity {
  readonly publicKey: asn1.SubjectPublicKeyInfo;
  readonly subject: asn1.Name;
  readonly issuer: asn1.Name;
  readonly extensions: readonly asn1.Extension[];
  readonly signingKey: KeyObject;
}

function pem(label: string, der: Uint8Array): string {
  const lines = der.toBase64().match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

/** `octets` in a buffer of their own, as the library wants them. */
function bufferOf(octets: Uint8Array): ArrayBuffer {
  return new Uint8Array(octets).buffer;
}

function nameOf(text: string): asn1.Name {
  const value = new asn1.AttributeValue({ utf8String: text.slice(0, commonNameMax) });
  const attribute = new asn1.AttributeTypeAndValue({ type: commonName, value });
  return new asn1.Name([new asn1.RelativeDistinguishedName([attribute])]);
}

function extension(extnID: string, value: unknown, critical = false): asn1.Extension {
  const extnValue = new OctetString(AsnConvert.serialize(value));
  return new asn1.Extension({ extnID, critical, extnValue });
}

/** A positive serial number of 127 random bits (RFC 5280 §4.1.2.2). */
function serialNumber(): ArrayBuffer {
  const octets = new Uint8Array(randomBytes(16));
  octets[0] = ((octets[0] ?? 0) & 0x3f) | 0x40;
  return octets.buffer;
}

/** A key on P-256, which all clients know. */
function makeKey(): { key: KeyObject; publicKey: asn1.SubjectPublicKeyInfo; text: string } {
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const der = pair.publicKey.export({ type: "spki", format: "der" });
  const publicKey = AsnConvert.parse(bufferOf(der), asn1.SubjectPublicKeyInfo);
  const text = pem("PRIVATE KEY", pair.privateKey.export({ type: "pkcs8", format: "der" }));
  return { key: pair.privateKey, publicKey, text };
}

/** The SHA-1 of the key's bits, by which certificates refer to it (RFC 5280 §4.2.1.2). */
function keyIdentifier({ subjectPublicKey }: asn1.SubjectPublicKeyInfo): asn1.SubjectKeyIdentifier {
  const hash = createHash("sha1").update(new Uint8Array(subjectPublicKey)).digest();
  return new asn1.SubjectKeyIdentifier(bufferOf(hash));
}

/** The signed certificate as PEM text (RFC 5280 §4.1). */
function signed(contents: Contents): string {
  const algorithm = new asn1.AlgorithmIdentifier({ algorithm: ecdsaWithSha256 });
  const body = new asn1.TBSCertificate({
    version: asn1.Version.v3,
    serialNumber: serialNumber(),
    signature: algorithm,
    issuer: contents.issuer,
    validity: new asn1.Validity({
      notBefore: new Date(contents.notBeforeMs),
      notAfter: new Date(contents.notAfterMs),
    }),
    subject: contents.subject,
    subjectPublicKeyInfo: contents.publicKey,
    extensions: new asn1.Extensions([...contents.extensions]),
  });
  const octets = new Uint8Array(AsnConvert.serialize(body));
  const certificate = new asn1.Certificate({
    tbsCertificate: body,
    signatureAlgorithm: algorithm,
    signatureValue: bufferOf(sign("sha256", octets, contents.signingKey)),
  });
  return pem("CERTIFICATE", new Uint8Array(AsnConvert.serialize(certificate)));
}

/** What an authority may certify: these names with all below them, and addresses of networks. */
interface Constraints {
  readonly names: readonly string[];
  /** As "10.0.0.0/8". Without any, addresses are not constrained. */
  readonly networks: readonly string[];
}

function subtrees({ names, networks }: Constraints): asn1.GeneralSubtrees {
  const bases = [
    ...names.map((dNSName) => ({ dNSName })),
    ...networks.map((iPAddress) => ({ iPAddress })),
  ];
  return new asn1.GeneralSubtrees(
    bases.map((base) => new asn1.GeneralSubtree({ base: new asn1.GeneralName(base) })),
  );
}

/**
 * Makes an authority that may certify what `permitted` says. A part of its key's identifier and
 * `label` are its name in stores of certificates.
 */
export function makeAuthority(label: string, permitted: Constraints, nowMs: number): KeyPair {
  const { key, publicKey, text } = makeKey();
  const identifier = keyIdentifier(publicKey);
  const mark = new Uint8Array(identifier.buffer).toHex().slice(0, 8);
  const name = nameOf(`postern CA ${mark} ${label}`);
  const usage = new asn1.KeyUsage(asn1.KeyUsageFlags.keyCertSign | asn1.KeyUsageFlags.cRLSign);
  const cert = signed({
    publicKey,
    subject: name,
    issuer: name,
    notBeforeMs: nowMs - backdatedMs,
    notAfterMs: nowMs + authorityDays * dayMs,
    extensions: [
      extension(
        asn1.id_ce_basicConstraints,
        new asn1.BasicConstraints({ cA: true, pathLenConstraint: 0 }),
        true,
      ),
      extension(asn1.id_ce_keyUsage, usage, true),
      extension(asn1.id_ce_extKeyUsage, new asn1.ExtendedKeyUsage([asn1.id_kp_serverAuth])),
      extension(
        asn1.id_ce_nameConstraints,
        new asn1.NameConstraints({ permittedSubtrees: subtrees(permitted) }),
        true,
      ),
      extension(asn1.id_ce_subjectKeyIdentifier, identifier),
    ],
    signingKey: key,
  });
  return { cert, key: text };
}

/** When a certificate is valid, both ends included (RFC 5280 §4.1.2.5). */
interface Validity {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** That of a server's certificate which is made at `nowMs`. */
function validFrom(nowMs: number): Validity {
  return { notBeforeMs: nowMs - backdatedMs, notAfterMs: nowMs + certificateDays * dayMs };
}

/** The extensions of a server's certificate for `subjects`, which the key `signer` signs. */
function serverExtensions(
  { names, addresses }: Subjects,
  publicKey: asn1.SubjectPublicKeyInfo,
  signer: asn1.SubjectPublicKeyInfo,
): readonly asn1.Extension[] {
  const alternatives = [
    ...names.map((dNSName) => new asn1.GeneralName({ dNSName })),
    ...addresses.map((iPAddress) => new asn1.GeneralName({ iPAddress })),
  ];
  return [
    extension(asn1.id_ce_basicConstraints, new asn1.BasicConstraints({ cA: false }), true),
    extension(asn1.id_ce_keyUsage, new asn1.KeyUsage(asn1.KeyUsageFlags.digitalSignature), true),
    extension(asn1.id_ce_extKeyUsage, new asn1.ExtendedKeyUsage([asn1.id_kp_serverAuth])),
    extension(asn1.id_ce_subjectAltName, new asn1.SubjectAlternativeName(alternatives)),
    extension(asn1.id_ce_subjectKeyIdentifier, keyIdentifier(publicKey)),
    extension(
      asn1.id_ce_authorityKeyIdentifier,
      new asn1.AuthorityKeyIdentifier({
        keyIdentifier: new asn1.KeyIdentifier(keyIdentifier(signer).buffer),
      }),
    ),
  ];
}

/**
 * Makes a certificate, with a key of its own, for `subjects`, which `authority` may certify. It
 * ends with its authority at the latest.
 */
export function issueCertificate(
  authority: KeyPair,
  subjects: Subjects,
  nowMs: number,
  { notBeforeMs, notAfterMs }: Validity = validFrom(nowMs),
): KeyPair {
  const { raw, validToDate } = new X509Certificate(authority.cert);
  const issuer = AsnConvert.parse(bufferOf(raw), asn1.Certificate).tbsCertificate;
  const { publicKey, text } = makeKey();
  const cert = signed({
    publicKey,
    subject: nameOf(subjects.names[0] ?? "localhost"),
    issuer: issuer.subject,
    notBeforeMs,
    notAfterMs: Math.min(notAfterMs, validToDate.getTime()),
    extensions: serverExtensions(subjects, publicKey, issuer.subjectPublicKeyInfo),
    signingKey: createPrivateKey(authority.key),
  });
  return { cert, key: text };
}

/** Makes a certificate for `subjects` that its own key has signed, and no authority. */
export function selfSignedCertificate(subjects: Subjects, nowMs: number): KeyPair {
  const { key, publicKey, text } = makeKey();
  const name = nameOf(subjects.names[0] ?? "localhost");
  const cert = signed({
    publicKey,
    subject: name,
    issuer: name,
    ...validFrom(nowMs),
    extensions: serverExtensions(subjects, publicKey, publicKey),
    signingKey: key,
  });
  return { cert, key: text };
}
