"""Digital Trust for Places and Routines (DTPR): the codes that a configuration may name, and what they are called.

In: nothing. Out: titles of elements and names of categories. Never: descriptions or icons.

Codes and English titles are those of the taxonomy's version 0 as its interface served them on 2026-08-24, kept in its
repository, github.com/Helpful-Places/dtpr, under ``api/legacy/``: ``documents/v0/en.json``, ``raw/provenance.json``;
commit f565c162f75eb37c1ef6a3c74f3cf0c7e085ed2e. Later versions keep the names without the category before them. Two
elements are left out: ``process__rdua_approved`` (the review of one company) and ``purpose__switch`` (of category
technology, where ``tech__technology_switch`` is the same).

The taxonomy is licensed by the Digital Transparency in the Public Realm contributors under the Creative Commons
Attribution 4.0 International licence; whoever prints the titles owes them `CREDIT`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

VERSION: Final = "0 (2026-08-24)"
HOME: Final = "https://dtpr.io/"
LICENCE: Final = "https://creativecommons.org/licenses/by/4.0/"
CREDIT: Final = (
    "Category and element names: Digital Trust for Places and Routines (DTPR), dtpr.io, by the Digital Transparency "
    "in the Public Realm contributors, CC BY 4.0"
)

CATEGORIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "accountable": "Accountable",
        "purpose": "Purpose",
        "tech": "Technology",
        "data": "Data Type",
        "process": "Processing",
        "access": "Access",
        "storage": "Storage",
        "retention": "Retention",
    }
)
"""Names of the categories, in the order in which a notice tells them."""

_ELEMENTS: Final = {
    "accountable": """
        institution Institution
        organization Organization
    """,
    "purpose": """
        accessibility Accessibility
        agency_interaction Agency & Interaction
        arts_culture Arts & Culture
        commerce Commerce
        connectivity Connectivity
        dining Dining
        ecology Ecology
        energy_efficiency Energy Efficiency
        enforcement Enforcement
        entry Entry
        fire_emergency Fire & Emergency
        health Health
        inform Inform
        logistics Logistics
        mobility Mobility
        planning_decision_making Planning & Decision-making
        research_development Research & Development
        safety_security Safety & Security
        social Social
        waste_management Waste Management
        water_efficiency Water Efficiency
        wayfinding_services Wayfinding & Services
    """,
    "tech": """
        air_quality Air Quality
        assistance_station Assistance Station
        augmented_reality Augmented Reality
        biometrics Biometrics
        cellular Cellular
        chatbot Chatbot
        contactless_payments Contactless Payments
        de_identified_image De-identified Image
        de_identified_video De-identified Video
        de_identified_voice De-identified Voice
        dtpr_api DTPR API
        electric_vehicle_charger Electric vehicle charger
        facial_characterization Facial characterization
        gps GPS
        hands_free Hands-free
        identifiable_image Identifiable Image
        identifiable_nfc Identifiable NFC
        identifiable_rfid Identifiable RFID
        identifiable_video Identifiable Video
        identifiable_wifi_sensor Identifiable WiFi Sensor
        image Image
        image_infrared Image - infrared
        inclinometer Inclinometer
        induction_loop Induction Loop
        intercom Intercom
        li_dar LiDAR
        location_beacon Location Beacon
        microphone Microphone
        motion_detector Motion Detector
        nfc NFC
        non_identifiable_video Non-identifiable Video
        passive_infrared_sensor Passive Infrared Sensor
        person_detection Person detection
        personal_device Personal Device
        piezoelectric_sensor Piezoelectric sensor
        radar Radar
        rfid RFID
        soil_moisture_sensor Soil Moisture Sensor
        sound_level_meter Sound Level Meter
        system_screen System Screen
        technology_switch Switch
        thermometer Thermometer
        ultrasonic_level_sensor Ultrasonic Sensor
        unmanned_aircraft_system Unmanned Aircraft System
        video_camera Video camera
        video_camera_infrared Video camera - infrared
        voice Voice
        water_quality Water Quality
        weather_station Weather Station
        weighing_scale Weighing Scale
        wireless_access_point Wireless Access Point
        wireless_charging_roadway Wireless Charging Roadway
    """,
    "data": """
        binary Binary
        boolean Boolean
        personal Personal
        pixel_based_image Pixel-based Image
        spatial Spatial
        tabular Tabular
        values_time Values / Time
    """,
    "process": """
        aggregated Aggregated
        ai_system AI System
        bitmap_manipulation Bitmap manipulation
        code_signing Code signing
        computer_vision Computer vision
        cryptonets Cryptonets
        de_identified De-identified
        differential_privacy Differential privacy
        encrypted Encrypted
        encrypted_at_rest Encrypted at Rest
        federated_learning Federated learning
        hardware_audits Hardware audits
        homomorphic_encryption Homomorphic encryption
        immutable_query_ledger Immutable Query Ledger
        k_anonymity K-Anonymity
        raw_data Raw data
        regulated Regulated
        reviewed_internally Reviewed Internally
        secure_multi_party_computing Secure Multi-Party Computing
        transport_layer_security Transport Layer Security
        trusted_execution_environment Trusted Execution Environment
        zero_knowledge_proofs Zero Knowledge Proofs
    """,
    "access": """
        available_for_resale Available for resale
        available_to_3rd_parties Available to 3rd parties
        available_to_download Available to download
        available_to_me Available to me
        available_to_the_accountable_organization Available to the accountable organization
        available_to_vendor Available to vendor
        not_available_to_me Not available to me
        not_available_to_the_accountable_organization Not available to the accountable organization
        not_available_to_vendor Not available to vendor
    """,
    "storage": """
        backed_up_internationally Backed up internationally
        backed_up_locally Backed up locally
        no_data_retained No data retained
        retained_1_month Retained 1 month
        retained_1_year Retained 1 year
        retained_24_hours Retained 24 hours
        retained_2_years Retained 2 years
        retained_3_months Retained 3 months
        retained_5_years Retained 5 years
        retained_6_months Retained 6 months
        retained_7_years Retained 7 years
        retained_indefinitely Retained indefinitely
        retained_six_years Retained 6 Years
        retained_two_weeks Retained two weeks
        shared_storage_and_governance Shared storage and governance
        stored_locally Stored locally
        stored_on_3rd_party_cloud Stored on 3rd Party Cloud
        stored_primarily_internationally Stored primarily internationally
        stored_primarily_locally Stored primarily locally
    """,
    "retention": """
        retained_2_years Retained 2 years
    """,
}


def _titles() -> dict[str, str]:
    found = {}
    for category, lines in _ELEMENTS.items():
        for line in lines.strip().splitlines():
            name, _, title = line.strip().partition(" ")
            found[f"{category}__{name}"] = title
    return found


TITLES: Final[Mapping[str, str]] = MappingProxyType(_titles())
"""Code to English title."""


def category(code: str) -> str:
    """Return the name of the category that a code belongs to."""
    return CATEGORIES[code.partition("__")[0]]
