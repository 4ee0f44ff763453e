#!/usr/bin/env python3
"""What is in another language is left alone: foreign.py PROGRAM [--directory DIR].

Configuration files of Debian packages of many kinds (unpacked, never installed), Python's library, Cargo's registry, /etc, /usr/share/doc
and this repository's own sources, walked and named one by one. A file that the program takes for one of its languages must be one of
those that TRUE describes; a finding anywhere else is a failure, and so is a corpus that is not to be had.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import sysconfig
import tempfile

HERE = pathlib.Path(__file__).resolve().parent.parent.parent

PACKAGES = """\
redis-server redis-sentinel tmux inspircd php8.2-fpm bind9 dovecot-core freeradius-config chrony ntpsec isc-dhcp-server openvpn
proftpd-core fail2ban rspamd squid exim4-config exim4-base postfix apache2 lighttpd unbound knot nsd pdns-server pdns-recursor
dnsmasq-base mosquitto memcached mariadb-common slapd krb5-config samba-common cups-daemon rsyslog syslog-ng-core logrotate sudo
openssh-server collectd-core monit munin-node zabbix-agent snmpd keepalived corosync ldirectord bird2 strongswan-starter
strongswan-swanctl stunnel4 varnish uwsgi-core supervisor network-manager hostapd nftables ufw apparmor auditd clamav-daemon
spamassassin amavisd-new opendkim opendmarc vsftpd autofs coturn prosody ngircd znc icecast2 mpd privoxy tinyproxy dante-server
3proxy tor libasound2-data alsa-utils modsecurity-crs certbot lynis rkhunter smartmontools nut-server bacula-director pgbouncer
pgpool2 radicale haproxy nginx-common nginx-doc openssl""".split()

# At least so many must be had: releases of Debian rename some.
ENOUGH = 60

# Paths of files that really are in one of the languages.
TRUE = re.compile(
    r"nginx|haproxy|envoy"
    r"|openssl[^/]*\.(cnf|conf|config)(\.[a-z]+)*$"  # openssl.cnf under the names that packages give it
    r"|/demos/bio/[a-z]+\.cnf$|/(ssl|certs?|ca|demoCA|test|tests)/.*\.cnf$"
)

# Sources and prose are never configurations, whatever they lie beside.
NEVER = re.compile(r"\.(rs|py|md|js|ts|c|h|pl|pm|rb|go|java|html?|css)$")


def run(command, **more):
    return subprocess.run(command, text=True, capture_output=True, check=False, errors="replace", **more)


def unpack(directory):
    """The packages under `directory`; those of an earlier run stay."""
    archives = directory / "archives"
    archives.mkdir(parents=True, exist_ok=True)
    known = set(run(["apt-cache", "pkgnames"]).stdout.split())
    if not known & set(PACKAGES):
        run(["apt-get", "update", "-qq"])
        known = set(run(["apt-cache", "pkgnames"]).stdout.split())
    unpacked = 0
    for name in PACKAGES:
        target = directory / "packages" / name
        if not target.exists() and name in known:
            found = run(["apt-get", "download", "-qq", name], cwd=archives)
            archive = sorted(archives.glob(f"{name}_*.deb"))
            if found.returncode == 0 and archive:
                target.parent.mkdir(exist_ok=True)
                run(["dpkg-deb", "-x", archive[-1], target])
        unpacked += target.exists()
    if unpacked < ENOUGH:
        sys.exit(f"FAILED: {unpacked} of {len(PACKAGES)} packages are to be had; {ENOUGH} are needed")
    print(f"{unpacked} packages")
    return directory / "packages"


def files_below(root):
    for directory, directories, names in os.walk(root):
        directories[:] = [name for name in directories if name not in (".git", "target", "node_modules")]
        for name in names:
            path = pathlib.Path(directory, name)
            if path.is_file() and not path.is_symlink():
                yield str(path)


def check(program, what, walked, named):
    """Runs over a directory and over each of its files by name; tells what was taken for a configuration and is none."""
    common = [program, "check", "--isolated", "--allow-empty"]
    listing = "\0".join(named)
    asked = {"walked": ([*common, *walked], None), "named": ([*common, "--files-from", "-", "-0"], listing)}
    for how, (command, text) in asked.items():
        taken = run([*command, "--show-files"], input=text, cwd="/").stdout.splitlines()
        found = run([*command, "--output-format", "concise"], input=text, cwd="/").stdout.splitlines()
        places = {line.split("\t")[0] for line in taken} | {line.split(":")[0] for line in found}
        wrong = sorted(place for place in places if NEVER.search(place) or not TRUE.search(place))
        if wrong:
            said = "\n".join(line for line in found if line.split(":")[0] in wrong)
            sys.exit(f"FAILED: {what}, {how}: taken for a configuration:\n" + "\n".join(wrong) + f"\n{said}")
        print(f"ok: {what}, {how}: {len(places)} configurations, {len(found)} findings in them")


def own_sources(program):
    listed = run(["git", "ls-files", "*.rs", "*.py", "*.md", "*.sh"], cwd=HERE).stdout.splitlines()
    listed = [name for name in listed if not name.startswith("fixtures/")]
    if len(listed) < 100:
        sys.exit("FAILED: this repository's sources are not to be had: it is no git repository")
    command = [program, "check", "--isolated", "--allow-empty", "--output-format", "concise", "--files-from", "-"]
    found = run(command, input="\n".join(listed), cwd=HERE)
    if found.returncode != 0 or found.stdout:
        sys.exit(f"FAILED: this repository's own sources:\n{found.stdout}{found.stderr}")
    print(f"ok: {len(listed)} sources of this repository: no findings")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--directory", type=pathlib.Path, help="where packages are kept between runs")
    arguments = parser.parse_args()
    program = arguments.program.resolve(strict=True)
    with tempfile.TemporaryDirectory() as scratch:
        packages = unpack((arguments.directory or pathlib.Path(scratch)).resolve())
        own_sources(program)
        check(program, "packages", [packages], list(files_below(packages)))
    registry = pathlib.Path(os.environ.get("CARGO_HOME", pathlib.Path.home() / ".cargo")) / "registry/src"
    others = [sysconfig.get_path("stdlib"), registry, pathlib.Path("/etc"), pathlib.Path("/usr/share/doc")]
    for directory in others:
        names = list(files_below(directory))
        if not names:
            sys.exit(f"FAILED: nothing below {directory}")
        check(program, directory, [directory], names)


main()
