"""One resource that a program registers: what has to be done with it, and the doing."""

import time
from dataclasses import replace
from typing import Any

from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockResourceArgs

from rehearsal.deployer.differences import (
    changed_properties,
    frozen,
    keeps_a_name_of_its_own,
    made_from,
    replacing,
    revealed,
)
from rehearsal.deployer.failures import ProtectedError
from rehearsal.deployer.kinds import kind_of
from rehearsal.deployer.operations import Action
from rehearsal.deployer.progress import Progress
from rehearsal.deployer.state import Deployed, Inputs, Options, newest_first
from rehearsal.program import Registration

Answer = tuple[str | None, dict[Any, Any]]
"""Id and outputs; in a preview without what is only known afterwards."""


class RegisteredResource:
    """One resource that the program registers, held against what is deployed."""

    def __init__(self, progress: Progress, args: MockResourceArgs, made: Registration) -> None:
        self._progress = progress
        self._state = progress.state
        self._account = progress.account
        self._is_preview = progress.is_preview
        self._args = args
        self._kind = kind_of(args.typ)
        self._options = Options.of(made.request)
        self._urn = made.urn
        known = rpc.deserialize_properties(made.request.object, keep_unknowns=True)
        self._inputs: Inputs = revealed(known if self._is_preview else args.inputs)
        self._deployed = Deployed(
            urn=made.urn,
            resource_type=args.typ,
            name=args.name,
            id="",
            inputs=frozen(self._inputs),
            outputs={},
            dependencies=tuple(made.request.dependencies),
            property_dependencies={
                key: tuple(sources.urns)
                for key, sources in made.request.propertyDependencies.items()
            },
            options=self._options,
        )

    def deploy(self) -> Answer:
        """Bring it to what the program says, or in a preview find out what that takes."""
        progress = self._progress
        old = progress.gone_before.pop(self._urn, None)
        if old is not None:
            return self._replace(old, ("what it was made from is replaced",), is_gone=True)
        old = self._state.find(self._urn, self._options, self._args.name)
        progress.registered.add(self._urn)
        if old is None:
            return self._create("create", ())
        progress.registered.add(old.urn)
        self._ignore_changes(old)
        if reasons := self._reasons_to_replace(old):
            return self._replace(old, reasons, is_gone=False)
        changed = changed_properties(old.inputs, self._deployed.inputs, self._options)
        if not changed:
            self._keep(old, old.outputs)
            progress.note("same", old)
            return old.id, {**self._inputs, **old.outputs}
        return self._update(old, changed)

    def _ignore_changes(self, old: Deployed) -> None:
        kept = {key: old.inputs[key] for key in self._options.ignore_changes if key in old.inputs}
        self._deployed = replace(self._deployed, inputs={**self._deployed.inputs, **kept})

    def _reasons_to_replace(self, old: Deployed) -> tuple[str, ...]:
        replaced = self._progress.replaced
        reasons = replacing(self._args.typ, old.inputs, self._deployed.inputs, self._options)
        if old.options.replacement_trigger != self._options.replacement_trigger:
            reasons += ("its replacement trigger",)
        if replaced.intersection(self._options.replace_with):
            reasons += ("it is replaced with another",)
        return reasons

    def _create(self, action: Action, reasons: tuple[str, ...]) -> Answer:
        progress, args = self._progress, self._args
        if self._is_preview:
            progress.note(action, self._deployed, properties=reasons)
            return None, self._known_inputs()
        progress.start(action, args.typ, args.name)
        started = time.monotonic()
        made = self._kind.create(self._account, args.name, self._inputs)
        new = replace(self._deployed, id=made.id, outputs=made.outputs)
        self._state.put(new)
        seconds = time.monotonic() - started
        progress.note(action, new, properties=reasons, seconds=seconds)
        return made.id, {**self._inputs, **made.outputs}

    def _replace(self, old: Deployed, reasons: tuple[str, ...], *, is_gone: bool) -> Answer:
        progress = self._progress
        progress.registered.add(self._urn)
        progress.replaced.add(self._urn)
        if old.options.protect:
            raise ProtectedError(f"it is protected, and {', '.join(reasons)} would replace it")
        if not is_gone and self._goes_first(old):
            self._clear_the_way(old)
            is_gone = True
        answer = self._create("replace", reasons)
        if not is_gone and not self._is_preview:
            self._state.drop(old)
            self._state.supersede(old)
        return answer

    def _goes_first(self, old: Deployed) -> bool:
        if self._options.delete_before_replace is not None:
            return self._options.delete_before_replace
        return keeps_a_name_of_its_own(self._args.typ, old.inputs, self._inputs)

    def _clear_the_way(self, old: Deployed) -> None:
        """Delete the old one, and before it whatever cannot outlive it; all of that is made anew."""
        progress = self._progress
        going = {old.urn}
        for each in sorted(self._state, key=lambda resource: resource.serial):
            if going.intersection(each.options.replace_with) or (
                going.intersection(each.dependencies) and made_from(each, going)
            ):
                going.add(each.urn)
        resources = [each for each in self._state if each.urn in going]
        for resource in newest_first(resources):
            if resource.options.protect:
                raise ProtectedError(f"{resource.name} is protected, and would be replaced with it")
            progress.delete(resource, resources, is_told=False)
            if resource.urn != old.urn:
                progress.gone_before[resource.urn] = resource

    def _update(self, old: Deployed, changed: tuple[str, ...]) -> Answer:
        progress, args = self._progress, self._args
        if self._is_preview:
            progress.note("update", old, properties=changed)
            lasting = old.outputs.keys() - set(self._kind.made_anew_by(changed))
            return old.id, {**self._known_inputs(), **{key: old.outputs[key] for key in lasting}}
        progress.start("update", args.typ, args.name)
        started = time.monotonic()
        outputs = old.outputs
        others = [key for key in changed if key != "tags"] if self._kind.tag else list(changed)
        if len(others) < len(changed) and self._kind.tag:
            wanted = self._inputs.get("tags") or {}
            outdated = sorted(old.inputs.get("tags", {}).keys() - wanted.keys())
            self._kind.tag(self._account, old, wanted, outdated)
        if others:
            if self._kind.update is None:
                raise NotImplementedError(f"the provider cannot change {', '.join(others)}")
            outputs = self._kind.update(self._account, old, self._inputs)
        self._keep(old, outputs)
        seconds = time.monotonic() - started
        progress.note("update", old, properties=changed, seconds=seconds)
        return old.id, {**self._inputs, **outputs}

    def _keep(self, old: Deployed, outputs: dict[str, Any]) -> None:
        if not self._is_preview:
            self._state.put(replace(self._deployed, id=old.id, outputs=outputs), instead_of=old)

    def _known_inputs(self) -> dict[str, Any]:
        return {key: value for key, value in self._args.inputs.items() if value is not None}
