"""A fictional office to try the program with: its people, correspondents, a year of arrivals and outgoing documents.

Nothing here is read outside "thử với dữ liệu mẫu"; the province, its agencies and all persons are invented.
"""
