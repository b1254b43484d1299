/* dkim_mails.h - a mail signed by dkimpy: with RSA (1024 bits), with Ed25519, with RSA and l=.  Keys are public. */
#ifndef UNIT_FILTERS_DKIM_MAILS_H
#define UNIT_FILTERS_DKIM_MAILS_H

#define RSA_KEY                                                                                    \
	"v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCrkPGGVbwsFkZkwoFZ3AG88f"         \
	"gMWKjElHrgeRjOVcKLSokSuNNE2i0lLQxd/fmafBrjLCJaxyUUq2zNbfNb844BmavAmS0YsMejh5QbGG"         \
	"pc7CAcoFWBkZzUAnrsa/9EmV2FcMnagEvFGnwgnVxxCiIcLSgfUQzOHeaJwcpU4jPCSQIDAQAB"

#define RSA_KEY_SHORT                                                                              \
	"v=DKIM1; k=rsa; p=MHwwDQYJKoZIhvcNAQEBBQADawAwaAJhAKjatAbHsOI22iKbn5ut4zNOBE3Th0"         \
	"n1zG8u2qh4orRnQmB7jLF2ZFzG4BIpFtkk4GyuB45vd5bDefGm/T8v47k3ZBkt3FnxGbnXCSsejEPMEt"         \
	"J50dcdcsizkjd52ykLPQIDAQAB"

#define ED25519_KEY "v=DKIM1; k=ed25519; p=KRsLyc7fkPBBKYYKjJo6Ai4IX/M6JwvBQyT4OF7ixGw="

#define SIGNED_BY_RSA                                                                              \
	"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org;\r\n"                 \
	" i=@example.org; q=dns/txt; s=s1; t=1795832884; h=from : to : subject :\r\n"              \
	" date : from; bh=ZN6xgTyxwNHbKkIIb1h6A9Xe8uZni0eoTK4r22h0NNQ=;\r\n"                       \
	" b=hdqgrjgyLtpA1b96tMf77Z9/5/zE+EpmoArY3XgGx9SKzv5//DzcJZxUKNd6z5IGSPtPn\r\n"             \
	" M3LCJ10XJlhL+0gn59c9lxxSfye6jlJ/OxO+JujAGxoKy1nV/75mU7OEb3n7HsrZhJKhK2V\r\n"             \
	" hkvYT4fSR3NHtq9s1pQR+zm0pIx5h9o=\r\n"

#define SIGNED_BY_ED25519                                                                          \
	"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.org;\r\n"             \
	" i=@example.org; q=dns/txt; s=s1; t=1795832884; h=from : to : subject :\r\n"              \
	" date : from; bh=ZN6xgTyxwNHbKkIIb1h6A9Xe8uZni0eoTK4r22h0NNQ=;\r\n"                       \
	" b=pUrxqF0Q2FZxw+gJDUau/qWkyJg+lvDGpMduiBbU8puE0Fqc80fWr99HoSL7cUGkCDd3n\r\n"             \
	" oA7OIyi+pJiga0xCQ==\r\n"

#define SIGNED_WITH_LENGTH                                                                         \
	"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org;\r\n"                 \
	" i=@example.org; l=31; q=dns/txt; s=s1; t=1795832884; h=from : to :\r\n"                  \
	" subject : date : from;\r\n"                                                              \
	" bh=ZN6xgTyxwNHbKkIIb1h6A9Xe8uZni0eoTK4r22h0NNQ=;\r\n"                                    \
	" b=Z6XYYrjFeO9Uyhre5xfq7vdG2uj3dUYWaOFXcYU8lE26E6MlObsA0oKTz3075Bj2wCaZX\r\n"             \
	" B+4+z0AgZ11PnUxGSk02z6xtfgiCVKgFl6+AJKYZ/FtuzyQNO3GDux+ELCZJJlnjDhTE+Wn\r\n"             \
	" Rl4TmdknVswMJKrs0+TjS6l2YqxU7eY=\r\n"

#define MAIL_HEADER                                                                                \
	"From: Ann <ann@example.org>\r\n"                                                          \
	"To: bob@example.net\r\n"                                                                  \
	"Subject:  a  test\t\r\n"                                                                  \
	"\tof folds \r\n"                                                                          \
	"Date: Fri, 27 Nov 2026 10:00:00 +0000\r\n"                                                \
	"\r\n"

#define MAIL_BODY                                                                                  \
	"Hello  \t Bob, \r\n"                                                                      \
	"\r\n"                                                                                     \
	"this is  signed.\r\n"                                                                     \
	"\r\n"                                                                                     \
	"\r\n"

#endif
