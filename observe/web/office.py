"""Office pages: one blueprint for each thing a person opens, none knowing of another."""

from observe.web import (
    office_decisions,
    office_devices,
    office_files,
    office_observations,
    office_people,
    office_rubrics,
    office_servers,
)

blueprints = (
    office_observations.blueprint,
    office_people.blueprint,
    office_devices.blueprint,
    office_files.blueprint,
    office_decisions.blueprint,
    office_rubrics.blueprint,
    office_servers.blueprint,
)
