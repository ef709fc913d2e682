"""What has to be there before a language model can be asked, looked at before a recipe starts."""

import os
import socket
import string
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from edgeft.plugin import ModelError, PluginError, require
from edgeft_generate.body import LIMITS, most_tokens
from edgeft_generate.heads import config_of
from edgeft_generate.options import WriterOptions

CAUSAL = ("ForCausalLM", "LMHeadModel", "ForConditionalGeneration")
"""how architectures end that write on from a text"""
PORTS = {"http": 80, "https": 443}
PATIENCE = 3.0
"""seconds that a server has to take a connection"""


def require_writer(name: str, options: WriterOptions, find_model: Callable[[str], Path]) -> None:
    """Raise PluginError or ModelError where nobody can write for the augmenter of that name."""
    if options.model and options.url:
        raise PluginError(
            f"augment {name} is given a model and a url",
            hint="leave one of them out: a model writes here, a url is a server's",
        )
    if options.most_cost is not None and not options.price_in + options.price_out:
        raise PluginError(
            f"augment {name} cannot tell what its answers cost",
            hint="set price_in and price_out, per million tokens, beside most_cost",
        )
    if (options.most_cost is not None or options.dry_run) and most_tokens(options) is None:
        raise PluginError(
            f"augment {name}: `body` leaves answers no limit, so nobody can tell what they cost at"
            " most",
            hint=f"set {' or '.join(LIMITS)} to a number there, or leave most_cost and dry_run out",
        )
    if options.url:
        require_server(name, options)
    elif options.model:
        require_model(name, options, find_model)
    else:
        raise PluginError(
            f"augment {name} needs a language model that writes",
            hint="set `model`, such as HuggingFaceTB/SmolLM2-360M-Instruct, or `url` and"
            " `server_model`",
        )


def require_server(name: str, options: WriterOptions) -> None:
    """Raise PluginError where a server cannot be asked."""
    if address_of(options.url) is None:
        raise PluginError(
            f"augment {name}: {options.url!r} is no address of a server",
            hint="write it with http:// or https://, such as http://localhost:8080/v1",
        )
    if options.gguf_file:
        raise PluginError(
            f"augment {name} is given a url and a gguf_file", hint="leave one of them out"
        )
    if not options.server_model:
        raise PluginError(
            f"augment {name} is not told which model of {options.url} to ask",
            hint="set `server_model` to what the server calls it",
        )
    if options.dry_run:
        return
    require("openai", f"augmenter {name!r}, for a url,")
    named = "key_variable" in options.model_fields_set
    if named and not os.environ.get(options.key_variable):
        raise PluginError(
            f"augment {name}: the environment variable {options.key_variable} is not set",
            hint=f"export {options.key_variable}=..., or leave `key_variable` out for a server that"
            " needs no key",
        )


def require_reach(name: str, options: WriterOptions) -> None:
    """Raise PluginError where no server takes a connection at the address that is asked.

    Nobody looks for one that is asked through a proxy.
    """
    address = address_of(options.url)
    if options.dry_run or address is None or is_proxied(options.url):
        return
    try:
        socket.create_connection(address, PATIENCE).close()
    except (OSError, UnicodeError) as error:  # UnicodeError: a name that no host can have
        raise PluginError(
            f"augment {name}: {options.url} cannot be reached: {reason(error)}",
            hint="start the server or correct `url`; with `dry_run: true` nobody is asked",
        ) from error


def address_of(url: str) -> tuple[str, int] | None:
    """The host and the port of a server; None for what is no address of one."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    return (parts.hostname, port) if parts.hostname and parts.scheme in PORTS else None


def is_proxied(url: str) -> bool:
    """Whether a server is asked through a proxy, as the environment says."""
    parts = urlsplit(url)
    proxies = getproxies()
    named = proxies.get(parts.scheme) or proxies.get("all")
    return bool(named) and not proxy_bypass(parts.netloc.rpartition("@")[2])


def reason(error: Exception) -> str:
    """Why a connection failed, without its number."""
    return str(getattr(error, "strerror", None) or error)


def require_model(name: str, options: WriterOptions, find_model: Callable[[str], Path]) -> None:
    """Raise ModelError where a model does not write, MissingPackage where nothing reads it."""
    for module in ("torch", "transformers"):
        require(module, f"augmenter {name!r}")
    folder = find_model(options.source)
    if options.gguf_file:
        require("gguf", f"augmenter {name!r}, for {options.gguf_file},")
        return
    named = [str(each) for each in config_of(folder).get("architectures") or []]
    if named and not any(each.endswith(CAUSAL) for each in named):
        raise ModelError(
            f"augment {name}: {options.model} is {' and '.join(named)}, which writes no texts",
            hint="name a causal language model, such as HuggingFaceTB/SmolLM2-360M-Instruct",
        )


def require_fields(name: str, prompt: str, known: set[str], *, needed: str) -> None:
    """Raise PluginError where a prompt has other fields than can be filled in."""
    remedy = f"known: {', '.join(f'{{{each}}}' for each in sorted(known))}; write {{{{ for a brace"
    try:
        fields = [each for _, each, _, _ in string.Formatter().parse(prompt) if each is not None]
    except ValueError as error:
        raise PluginError(f"augment {name}: prompt: {error}", hint=remedy) from error
    unknown = [each for each in fields if each not in known]
    if unknown:
        raise PluginError(f"augment {name}: prompt: no field {{{unknown[0]}}}", hint=remedy)
    if needed not in fields:
        raise PluginError(f"augment {name}: prompt has no {{{needed}}}", hint=remedy)
