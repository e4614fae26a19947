#!/usr/bin/env bash
# What ./demo shows, run inside the lab: sound domains, then broken ones, stage by stage.
set -u
mxprobe=${MXPROBE:?}
color=never
[ -t 1 ] && color=auto

show() { # DOMAIN WHAT...
    local domain=$1
    shift
    printf '\n\n######## %s\n' "$*"
    printf '$ mxprobe check %s\n\n' "$domain"
    "$mxprobe" check --ca-file "$LAB_CA" --color "$color" "$domain"
    printf '(exit status %d)\n' $?
}

show good-sts.test 'Sound: MTA-STS in mode enforce, a certificate from a CA'
show good-dane.test 'Sound: DANE, with a self-signed certificate that its TLSA record vouches for'

show bogus-mx.test 'Broken in the DNS: the MX records fail DNSSEC validation'
show policy-self-signed.test 'Broken at the policy host: its certificate is self-signed'
show mx-not-in-policy.test 'Broken in the policy: it does not name the MX host'
show no-starttls-enforce.test 'Broken at STARTTLS: a policy asks for TLS, and the host does not offer it'
show tls10.test 'Broken in the handshake: nothing newer than TLS 1.0'
show expired-enforce.test 'Broken at the certificate: it has expired'
show dane-mismatch.test 'Broken between DNS and certificate: the TLSA record is for another key'

printf '\n\n######## Before anything is published: would mode enforce hold for this domain?\n'
printf '$ mxprobe check --sts-policy policy.txt wrong-host.test\n\n'
policy=$(mktemp)
printf 'version: STSv1\nmode: enforce\nmx: mx.wrong-host.test\nmax_age: 604800\n' >"$policy"
"$mxprobe" check --ca-file "$LAB_CA" --color "$color" --sts-policy "$policy" wrong-host.test
printf '(exit status %d)\n' $?
rm -f "$policy"
