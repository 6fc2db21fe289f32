// Verifies what was delivered with standardwebhooks (npm) for `v1`, and with the Ed25519 of
// Node.js for `v1a`, which that library does not know.

import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';

// RFC 8410: the DER form of an Ed25519 public key is this and the 32 bytes of the key.
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

function verifyAsymmetric(secret, { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures }, body) {
    const raw = Buffer.from(secret.slice('whpk_'.length), 'base64');
    const key = createPublicKey({ key: Buffer.concat([SPKI, raw]), format: 'der', type: 'spki' });
    const signed = Buffer.from(`${id}.${timestamp}.${body}`);
    return signatures.split(' ').filter((one) => one.startsWith('v1a,'))
        .some((one) => verify(null, signed, key, Buffer.from(one.slice(4), 'base64')));
}

function verifySymmetric(secret, headers, body) {
    try {
        new Webhook(secret).verify(body, headers);
        return true;
    } catch {
        return false;
    }
}

let verified = 0;
for (const line of readFileSync(process.argv[2], 'utf8').trim().split('\n')) {
    const { secret, headers, body } = JSON.parse(line);
    const check = secret.startsWith('whpk_') ? verifyAsymmetric : verifySymmetric;
    if (!check(secret, headers, body) || check(secret, headers, `${body} `)) {
        throw new Error(`${secret.slice(0, 6)}: wrongly judged: ${line}`);
    }
    verified += 1;
}
if (verified === 0) {
    throw new Error('nothing to verify');
}
console.log(`node: ${verified} signatures verified`);
